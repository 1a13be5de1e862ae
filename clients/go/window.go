package bursar

import (
	"context"
	"iter"
	"sync"

	"google.golang.org/protobuf/proto"

	ledgerv1 "github.com/bursar-dev/bursar/clients/go/generated/bursar/ledger/v1"
)

// Bounds of a message of a stream. A single transfer or group may pass them.
const (
	messageTransfers = 500
	messageBytes     = 1 << 20
	// The server takes no larger message, so a larger group cannot be kept together.
	mostTransfers = 8_190
)

// window holds the transfers of a stream that have no result yet, in order: first those on the wire, then those to be sent.
// The source fills it, a sender and a receiver for each connection empty it.
type window struct {
	size int

	mutex sync.Mutex
	// changed is for everybody who waits for anything here.
	changed *sync.Cond
	waiting []*ledgerv1.NewTransfer
	// sent is how many of waiting are on the present stream.
	sent int
	// doubtful is how many of waiting were on a stream that ended without telling what it did.
	doubtful int
	// ended means that the source has no more.
	ended bool
	// closed means that nobody wants further results.
	closed bool
}

func newWindow(size int) *window {
	w := &window{size: max(1, size)}
	w.changed = sync.NewCond(&w.mutex)
	return w
}

// do changes the window, and wakes who waits.
func (w *window) do(change func()) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	change()
	w.changed.Broadcast()
}

// feed reads the source, never further than the window is wide. Ids are filled in here, once for all attempts.
func (w *window) feed(source iter.Seq[*ledgerv1.NewTransfer]) {
	defer w.do(func() { w.ended = true })
	if !w.room() {
		return
	}
	for transfer := range source {
		if transfer.GetId() == "" {
			if transfer == nil {
				transfer = &ledgerv1.NewTransfer{}
			}
			transfer = proto.CloneOf(transfer)
			transfer.Id = newID()
		}
		w.do(func() { w.waiting = append(w.waiting, transfer) })
		if !w.room() {
			return
		}
	}
}

// room waits until the source may be read; false when it need not be any more. A group wider than the window is read to its
// end, because nothing would go on otherwise.
func (w *window) room() bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for !w.closed && len(w.waiting) >= w.size && (w.sent > 0 || w.ready() > 0) {
		w.changed.Wait()
	}
	return !w.closed
}

// ready is how many transfers the next message takes. The members of a group go into one message, so a group waits until the
// transfer after it, or the end of the source, shows that it is whole.
func (w *window) ready() int {
	unsent := w.waiting[w.sent:]
	count, bytes := 0, 0
	for count < len(unsent) {
		end := groupEnd(unsent, count)
		if unsent[count].GetGroupId() != "" && end == len(unsent) && !w.ended && end-count < mostTransfers {
			break
		}
		for _, transfer := range unsent[count:end] {
			bytes += proto.Size(transfer)
		}
		if count > 0 && (end > messageTransfers || bytes > messageBytes) {
			break
		}
		count = end
	}
	return count
}

// groupEnd is where the group ends that begins at a transfer, which may be alone.
func groupEnd(transfers []*ledgerv1.NewTransfer, begin int) int {
	group, end := transfers[begin].GetGroupId(), begin+1
	for group != "" && end < len(transfers) && end-begin < mostTransfers && transfers[end].GetGroupId() == group {
		end++
	}
	return end
}

// next waits for the transfers of the next message. None means that there are no more, or that the stream has ended.
func (w *window) next(stream context.Context) []*ledgerv1.NewTransfer {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	for stream.Err() == nil {
		if count := w.ready(); count > 0 {
			message := w.waiting[w.sent : w.sent+count : w.sent+count]
			w.sent += count
			return message
		}
		if w.ended && w.sent == len(w.waiting) {
			return nil
		}
		w.changed.Wait()
	}
	return nil
}

// answered takes out the first transfer, and tells whether there was one on the wire.
func (w *window) answered() bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.sent == 0 {
		return false
	}
	w.waiting[0] = nil
	w.waiting = w.waiting[1:]
	w.sent--
	w.doubtful = max(0, w.doubtful-1)
	w.changed.Broadcast()
	return true
}

// rewind makes everything without a result be sent again. It corrects what the error says of those transfers: an earlier
// stream may have done them.
func (w *window) rewind(failed *Error) {
	w.do(func() {
		if !failed.Definite {
			w.doubtful = max(w.doubtful, w.sent)
		}
		failed.Definite = failed.Definite && w.doubtful == 0
		w.sent = 0
	})
}

// finished tells whether every transfer of the source has its result.
func (w *window) finished() bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.ended && len(w.waiting) == 0
}
