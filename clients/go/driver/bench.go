package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	bursar "github.com/bursar-dev/bursar/clients/go"
	commonv1 "github.com/bursar-dev/bursar/clients/go/generated/bursar/common/v1"
	ledgerv1 "github.com/bursar-dev/bursar/clients/go/generated/bursar/ledger/v1"
)

// CreateTransfer as often on each side, in rounds that alternate so that a busy machine slows both alike.
const (
	benchRounds = 10
	benchCalls  = 1_000
	benchAtOnce = 64
)

// bench measures the client against the generated stub by itself.
func bench(setup *setup) error {
	ctx := context.Background()
	client, err := bursar.New(bursar.WithURL(setup.URLs["plain"]), bursar.WithAPIKey(setup.Keys["admin"]))
	if err != nil {
		return err
	}
	defer client.Close()
	conn, err := grpc.NewClient(client.Conn().Target(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	accounts, err := benchAccounts(ctx, client)
	if err != nil {
		return err
	}
	stub := ledgerv1.NewTransferServiceClient(conn)
	throughClient := func(transfer *ledgerv1.NewTransfer) error {
		_, err := client.Ledger.Transfers.CreateTransfer(ctx, &ledgerv1.CreateTransferRequest{Transfer: transfer})
		return err
	}
	// What a user of the stub alone must do too: id, deadline and key.
	throughStub := func(transfer *ledgerv1.NewTransfer) error {
		transfer.Id = uuid.Must(uuid.NewV7()).String()
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+setup.Keys["admin"])
		_, err := stub.CreateTransfer(ctx, &ledgerv1.CreateTransferRequest{Transfer: transfer})
		return err
	}
	var clientRates, stubRates []float64
	// The first round warms up.
	for round := range benchRounds + 1 {
		sides := []func(*ledgerv1.NewTransfer) error{throughClient, throughStub}
		rates := make([]float64, 2)
		for i := range sides {
			side := (i + round) % 2
			if rates[side], err = benchRound(sides[side], accounts); err != nil {
				return err
			}
		}
		if round > 0 {
			clientRates, stubRates = append(clientRates, rates[0]), append(stubRates, rates[1])
		}
	}
	perClient, perStub := median(clientRates), median(stubRates)
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"language": "go", "client_per_second": int(perClient), "stub_per_second": int(perStub),
		"overhead": float64(int((perStub/perClient-1)*1000)) / 1000,
	})
}

// benchAccounts opens two accounts for each of those at once.
func benchAccounts(ctx context.Context, client *bursar.Client) ([]string, error) {
	request := &ledgerv1.BatchCreateAccountsRequest{}
	for range 2 * benchAtOnce {
		request.Accounts = append(request.Accounts, &ledgerv1.NewAccount{Asset: "EUR", Code: "bench"})
	}
	reply, err := client.Ledger.Accounts.BatchCreateAccounts(ctx, request)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, account := range reply.GetAccounts() {
		ids = append(ids, account.GetId())
	}
	return ids, nil
}

// benchRound is how many calls a second one side makes.
func benchRound(create func(*ledgerv1.NewTransfer) error, accounts []string) (float64, error) {
	var left atomic.Int64
	left.Store(benchCalls)
	var wait sync.WaitGroup
	failures := make(chan error, benchAtOnce)
	begin := time.Now()
	for worker := range benchAtOnce {
		wait.Go(func() {
			for left.Add(-1) >= 0 {
				err := create(&ledgerv1.NewTransfer{
					DebitAccountId: accounts[2*worker], CreditAccountId: accounts[2*worker+1],
					Amount: &commonv1.Money{Asset: "EUR", Amount: "0.01"},
				})
				if err != nil {
					failures <- err
					return
				}
			}
		})
	}
	wait.Wait()
	if len(failures) > 0 {
		return 0, fmt.Errorf("a call of the benchmark failed: %w", <-failures)
	}
	return benchCalls / time.Since(begin).Seconds(), nil
}

func median(values []float64) float64 {
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}
