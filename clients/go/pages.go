package bursar

import (
	"context"
	"iter"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// ListRequest is the request of a List method, or of another that answers in pages.
type ListRequest interface {
	proto.Message
	GetPageToken() string
}

// ListResponse is its reply.
type ListResponse interface {
	proto.Message
	GetNextPageToken() string
}

// All iterates over the items of all pages, and asks for a page when the one before is used up. The last pair has the error,
// if there is one. The request's page_size is kept, its page_token is where it begins, and it is not changed.
//
//	all := bursar.All(ctx, client.Ledger.Accounts.ListAccounts, &ledgerv1.ListAccountsRequest{},
//		(*ledgerv1.ListAccountsResponse).GetAccounts)
//	for account, err := range all {
//		…
//	}
func All[Request ListRequest, Response ListResponse, Item any](
	ctx context.Context,
	list func(context.Context, Request, ...grpc.CallOption) (Response, error),
	request Request,
	items func(Response) []Item,
	options ...grpc.CallOption,
) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		request := request
		for {
			reply, err := list(ctx, request, options...)
			if err != nil {
				var none Item
				yield(none, err)
				return
			}
			for _, item := range items(reply) {
				if !yield(item, nil) {
					return
				}
			}
			next := reply.GetNextPageToken()
			if next == "" {
				return
			}
			request = withPageToken(request, next)
		}
	}
}

func withPageToken[Request ListRequest](request Request, token string) Request {
	copied := proto.CloneOf(request)
	message := copied.ProtoReflect()
	message.Set(message.Descriptor().Fields().ByName("page_token"), protoreflect.ValueOfString(token))
	return copied
}
