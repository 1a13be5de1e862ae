package bursar

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	ledgerv1 "github.com/bursar-dev/bursar/clients/go/generated/bursar/ledger/v1"
	operationv1 "github.com/bursar-dev/bursar/clients/go/generated/bursar/operation/v1"
)

const transfers = "/bursar.ledger.v1.TransferService/"

// Every change has an id that the client fills, but for these.
func TestEveryChangeHasItsID(t *testing.T) {
	without := map[string]bool{
		// Its id is that of another call.
		"/bursar.operation.v1.OperationService/GetOperation": true,
		// A fill is known by its venue and the venue's id.
		"/bursar.trading.v1.ExecutionService/StreamRecord": true,
	}
	for name, rpc := range methods() {
		if (rpc.mutates && !without[name]) != (len(rpc.ids) > 0) {
			t.Errorf("%s: mutates %t, %d fields with ids", name, rpc.mutates, len(rpc.ids))
		}
	}
	found := map[string]string{}
	for name, rpc := range methods() {
		if short, ok := strings.CutPrefix(name, transfers); ok && rpc.mutates {
			var paths []string
			for _, field := range rpc.ids {
				path := string(field.id.Name())
				if field.inside != nil {
					path = string(field.inside.Name()) + "." + path
				}
				paths = append(paths, path)
			}
			found[short] = strings.Join(paths, " ")
		}
	}
	want := map[string]string{
		"CreateTransfer": "transfer.id", "BatchCreateTransfers": "transfers.id", "StreamTransfers": "transfers.id",
		"PostTransfer": "id", "VoidTransfer": "id", "ReverseTransfer": "id",
		"PostTransfers": "legs.id", "VoidTransfers": "legs.id",
	}
	if !maps.Equal(found, want) {
		t.Errorf("got %v", found)
	}
}

func TestIDsAreFilledInACopy(t *testing.T) {
	request := &ledgerv1.BatchCreateTransfersRequest{Transfers: []*ledgerv1.NewTransfer{{}, {Id: "given"}, {}}}
	before := proto.Clone(request)
	filled, first := methods()[transfers+"BatchCreateTransfers"].withIDs(request)
	if !proto.Equal(request, before) {
		t.Error("the caller's request was changed")
	}
	got := filled.(*ledgerv1.BatchCreateTransfersRequest).GetTransfers()
	ids := []string{got[0].GetId(), got[1].GetId(), got[2].GetId()}
	if ids[1] != "given" || len(ids[0]) != 36 || ids[0][14] != '7' || ids[0] == ids[2] || first != ids[0] {
		t.Errorf("got %v, first %s", ids, first)
	}
	given := &ledgerv1.PostTransferRequest{Id: "given"}
	if same, first := methods()[transfers+"PostTransfer"].withIDs(given); same != any(given) || first != "given" {
		t.Errorf("got %v, %s", same, first)
	}
	for name, request := range map[string]proto.Message{
		transfers + "CreateTransfer":                         &ledgerv1.CreateTransferRequest{},
		transfers + "PostTransfers":                          (*ledgerv1.PostTransfersRequest)(nil),
		"/bursar.operation.v1.OperationService/GetOperation": &operationv1.GetOperationRequest{},
	} {
		if same, _ := methods()[name].withIDs(request); same != any(request) {
			t.Errorf("%s: got %v", name, same)
		}
	}
}

// The client has a stub for each service of the protos.
func TestEveryServiceIsReachable(t *testing.T) {
	client := &Client{}
	client.connect(nil)
	var stubs []string
	var walk func(reflect.Value)
	walk = func(value reflect.Value) {
		for i := range value.NumField() {
			switch field := value.Field(i); {
			case !value.Type().Field(i).IsExported():
			case field.Kind() == reflect.Struct:
				walk(field)
			case field.IsNil():
				t.Errorf("%s has no stub", value.Type().Field(i).Name)
			default:
				folders := strings.Split(field.Type().PkgPath(), "/")
				service := strings.Join(folders[len(folders)-3:], ".") + "." + strings.TrimSuffix(field.Type().Name(), "Client")
				stubs = append(stubs, service)
			}
		}
	}
	walk(reflect.ValueOf(client).Elem())
	var services []string
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			if name := string(file.Services().Get(i).FullName()); strings.HasPrefix(name, "bursar.") {
				services = append(services, name)
			}
		}
		return true
	})
	slices.Sort(stubs)
	slices.Sort(services)
	if !slices.Equal(stubs, services) {
		t.Errorf("stubs %v, services %v", stubs, services)
	}
}
