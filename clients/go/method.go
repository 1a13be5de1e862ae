package bursar

import (
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	ledgerv1 "github.com/bursar-dev/bursar/clients/go/generated/bursar/ledger/v1"
	optionsv1 "github.com/bursar-dev/bursar/clients/go/generated/bursar/options/v1"
)

// method is what the client must know of an RPC. It comes from the descriptor.
type method struct {
	mutates bool
	input   protoreflect.MessageDescriptor
	// ids are the fields of the request that hold ids which the caller makes.
	ids []idField
}

// idField is a field of the request, or of the message or messages in its field `inside`.
type idField struct {
	inside, id protoreflect.FieldDescriptor
}

// methods has every RPC of Bursar by its full name, such as /bursar.ledger.v1.TransferService/CreateTransfer.
var methods = sync.OnceValue(func() map[string]*method {
	found := map[string]*method{}
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				rpc := service.Methods().Get(j)
				if proto.HasExtension(rpc.Options(), optionsv1.E_Rule) {
					found["/"+string(service.FullName())+"/"+string(rpc.Name())] = newMethod(rpc)
				}
			}
		}
		return true
	})
	return found
})

var transferService = ledgerv1.File_bursar_ledger_v1_transfer_service_proto.Services().ByName("TransferService").FullName()

func newMethod(rpc protoreflect.MethodDescriptor) *method {
	rule, _ := proto.GetExtension(rpc.Options(), optionsv1.E_Rule).(*optionsv1.MethodRule)
	made := &method{mutates: rule.GetMutates(), input: rpc.Input()}
	if !made.mutates {
		return made
	}
	if id := stringField(rpc.Input(), "request_id"); id != nil {
		made.ids = []idField{{id: id}}
		return made
	}
	// A transfer's own id is its request id. Elsewhere a field `id` names something that exists.
	if rpc.Parent().FullName() != transferService {
		return made
	}
	if id := stringField(rpc.Input(), "id"); id != nil {
		made.ids = append(made.ids, idField{id: id})
	}
	fields := rpc.Input().Fields()
	for i := range fields.Len() {
		if field := fields.Get(i); field.Message() != nil {
			if id := stringField(field.Message(), "id"); id != nil {
				made.ids = append(made.ids, idField{inside: field, id: id})
			}
		}
	}
	return made
}

func stringField(message protoreflect.MessageDescriptor, name protoreflect.Name) protoreflect.FieldDescriptor {
	field := message.Fields().ByName(name)
	if field == nil || field.Kind() != protoreflect.StringKind || field.IsList() {
		return nil
	}
	return field
}

// withIDs fills the ids that the caller left empty, in a copy, and returns the first id of the request.
func (m *method) withIDs(request any) (filled any, first string) {
	message, ok := request.(proto.Message)
	if !ok || len(m.ids) == 0 || !message.ProtoReflect().IsValid() || message.ProtoReflect().Descriptor() != m.input {
		return request, ""
	}
	missing := false
	m.eachID(message, func(holder protoreflect.Message, field protoreflect.FieldDescriptor) {
		id := holder.Get(field).String()
		missing = missing || id == ""
		if first == "" {
			first = id
		}
	})
	if !missing {
		return request, first
	}
	message = proto.Clone(message)
	first = ""
	m.eachID(message, func(holder protoreflect.Message, field protoreflect.FieldDescriptor) {
		if holder.Get(field).String() == "" {
			holder.Set(field, protoreflect.ValueOfString(newID()))
		}
		if first == "" {
			first = holder.Get(field).String()
		}
	})
	return message, first
}

// eachID calls back with each message that holds an id. What is absent is left absent: the server says that it is missing.
func (m *method) eachID(request proto.Message, found func(protoreflect.Message, protoreflect.FieldDescriptor)) {
	whole := request.ProtoReflect()
	for _, field := range m.ids {
		switch {
		case field.inside == nil:
			found(whole, field.id)
		case field.inside.IsList():
			list := whole.Get(field.inside).List()
			for i := range list.Len() {
				if element := list.Get(i).Message(); element.IsValid() {
					found(element, field.id)
				}
			}
		case whole.Has(field.inside):
			found(whole.Get(field.inside).Message(), field.id)
		}
	}
}
