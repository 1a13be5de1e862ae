package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/emptypb"

	// Details of errors in results are shown as JSON, which needs their types.
	_ "google.golang.org/genproto/googleapis/rpc/errdetails"

	bursar "github.com/bursar-dev/bursar/clients/go"
)

// rpc is a method with the generated types of its messages.
type rpc struct {
	full            string
	request, reply  protoreflect.MessageType
	streams, upload bool
}

// findMethod finds package.Service/Method. One that the client does not know is called with empty messages.
func findMethod(name string) (rpc, error) {
	empty := (&emptypb.Empty{}).ProtoReflect().Type()
	found := rpc{full: "/" + name, request: empty, reply: empty}
	service, method, ok := strings.Cut(name, "/")
	if !ok {
		return found, fmt.Errorf("%q is not package.Service/Method", name)
	}
	descriptor, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(service + "." + method))
	if errors.Is(err, protoregistry.NotFound) {
		return found, nil
	}
	known, ok := descriptor.(protoreflect.MethodDescriptor)
	if err != nil || !ok {
		return found, fmt.Errorf("%s is no method: %w", name, err)
	}
	found.streams, found.upload = known.IsStreamingServer(), known.IsStreamingClient()
	if found.request, err = protoregistry.GlobalTypes.FindMessageByName(known.Input().FullName()); err != nil {
		return found, err
	}
	found.reply, err = protoregistry.GlobalTypes.FindMessageByName(known.Output().FullName())
	return found, err
}

func (r rpc) read(request any) (proto.Message, error) {
	message := r.request.New().Interface()
	if request == nil {
		return message, nil
	}
	return message, fromJSON(request, message)
}

func call(ctx context.Context, client *bursar.Client, name string, request any) (outcome, error) {
	method, err := findMethod(name)
	if err != nil {
		return outcome{}, err
	}
	message, err := method.read(request)
	if err != nil {
		return outcome{}, err
	}
	if method.streams {
		return callStream(ctx, client, method, message)
	}
	reply := method.reply.New().Interface()
	if err := client.Conn().Invoke(ctx, method.full, message, reply); err != nil {
		return refused(err)
	}
	shown, err := toJSON(reply)
	return outcome{reply: shown}, err
}

func callStream(ctx context.Context, client *bursar.Client, method rpc, message proto.Message) (outcome, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	desc := &grpc.StreamDesc{ServerStreams: true, ClientStreams: method.upload}
	stream, err := client.Conn().NewStream(ctx, desc, method.full)
	if err != nil {
		return refused(err)
	}
	// io.EOF means that the stream has ended already; receiving tells why.
	if err := stream.SendMsg(message); err != nil && !errors.Is(err, io.EOF) {
		return refused(err)
	}
	if err := stream.CloseSend(); err != nil {
		return refused(err)
	}
	replies := []any{}
	for {
		reply := method.reply.New().Interface()
		err := stream.RecvMsg(reply)
		if errors.Is(err, io.EOF) {
			return outcome{reply: map[string]any{"replies": replies}}, nil
		}
		if err != nil {
			return refused(err)
		}
		shown, err := toJSON(reply)
		if err != nil {
			return outcome{}, err
		}
		replies = append(replies, shown)
	}
}

// pages reads all items of a list through the client's iterator.
func pages(ctx context.Context, client *bursar.Client, name string, step map[string]any) (outcome, error) {
	method, err := findMethod(name)
	if err != nil {
		return outcome{}, err
	}
	message, err := method.read(step["request"])
	if err != nil {
		return outcome{}, err
	}
	request, ok := message.(bursar.ListRequest)
	if !ok {
		return outcome{}, fmt.Errorf("%s has no page_token", name)
	}
	read := 0
	list := func(
		ctx context.Context, request bursar.ListRequest, options ...grpc.CallOption,
	) (bursar.ListResponse, error) {
		reply, ok := method.reply.New().Interface().(bursar.ListResponse)
		if !ok {
			return nil, fmt.Errorf("%s has no next_page_token", name)
		}
		if err := client.Conn().Invoke(ctx, method.full, request, reply, options...); err != nil {
			return nil, err
		}
		read++
		return reply, nil
	}
	atMost := -1
	if number, ok := step["at_most"].(json.Number); ok {
		if atMost, err = strconv.Atoi(number.String()); err != nil {
			return outcome{}, err
		}
	}
	items := []any{}
	for item, err := range bursar.All(ctx, list, request, itemsOf) {
		if err != nil {
			return refused(err)
		}
		shown, err := toJSON(item)
		if err != nil {
			return outcome{}, err
		}
		items = append(items, shown)
		if len(items) == atMost {
			break
		}
	}
	return outcome{reply: map[string]any{
		"items": items, "count": strconv.Itoa(len(items)), "pages_read": strconv.Itoa(read),
	}}, nil
}

// itemsOf takes the items out of a page: its one list of messages.
func itemsOf(reply bursar.ListResponse) []proto.Message {
	var items []proto.Message
	fields := reply.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		if field := fields.Get(i); field.IsList() && field.Message() != nil {
			list := reply.ProtoReflect().Get(field).List()
			for j := range list.Len() {
				items = append(items, list.Get(j).Message().Interface())
			}
			break
		}
	}
	return items
}

func fromJSON(value any, message proto.Message) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return protojson.Unmarshal(text, message)
}

func toJSON(message proto.Message) (any, error) {
	text, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(message)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	return value, decoder.Decode(&value)
}

// codeName is a code as the protos write it, such as NOT_FOUND.
func codeName(code codes.Code) string {
	names := [...]string{
		"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
		"PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
		"INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
	}
	if int(code) < len(names) {
		return names[code]
	}
	return strconv.Itoa(int(code))
}
