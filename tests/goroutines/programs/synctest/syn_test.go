package syn

import (
	"os"
	"runtime/pprof"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := make(chan bool)
		var wg sync.WaitGroup
		wg.Add(1)
		go func() { <-done }()
		go func() { select { case <-done: } }()
		go func() { wg.Wait() }()
		go func() { time.Sleep(time.Hour) }()
		synctest.Wait()
		pprof.Lookup("goroutine").WriteTo(os.Stdout, 2)
		close(done)
		wg.Done()
	})
}
