// Command forms makes every form of goroutine dump that a process can leave behind.
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"sync"
	"syscall"
	"time"
)

type worker struct {
	mu   sync.Mutex
	jobs chan int
}

func (w *worker) run(name string, ids []int) {
	for range w.jobs {
		w.mu.Lock()
	}
}

func start() *worker {
	w := &worker{jobs: make(chan int)}
	go w.run("first", []int{1, 2, 3})
	go func() {
		runtime.LockOSThread()
		select {}
	}()
	go func() { time.Sleep(time.Hour) }()
	time.Sleep(50 * time.Millisecond)
	return w
}

func deep(n int) int {
	if n == 0 {
		time.Sleep(time.Hour)
		return 0
	}
	return deep(n-1) + n
}

func main() {
	form := "dump"
	if len(os.Args) > 1 {
		form = os.Args[1]
	}
	switch form {
	case "crash":
		debug.SetTraceback("crash")
		start()
		var m map[string]int
		m["a"] = 1
	case "panic":
		start()
		defer func() { panic(fmt.Errorf("second: %v", recover())) }()
		panic("first\nwith a second line")
	case "segv":
		debug.SetTraceback("all")
		start()
		var p *worker
		p.jobs <- 1
		fmt.Println(p.mu)
	case "nilderef":
		debug.SetTraceback("all")
		start()
		var p *worker
		fmt.Println(p.jobs)
	case "deadlock":
		var wg sync.WaitGroup
		for i := 0; i < 3; i++ {
			wg.Add(1)
			go func() { defer wg.Done(); <-make(chan int) }()
		}
		wg.Wait()
	case "quit":
		start()
		syscall.Kill(syscall.Getpid(), syscall.SIGQUIT)
		time.Sleep(time.Second)
	case "overflow":
		start()
		var f func(int) int
		f = func(n int) int { return f(n+1) + n }
		f(0)
	case "maps":
		m := map[int]int{}
		for i := 0; i < 4; i++ {
			go func() {
				for j := 0; ; j++ {
					m[j] = j
				}
			}()
		}
		time.Sleep(time.Second)
	case "ancestors":
		done := make(chan bool)
		go func() {
			go func() { go deep(2); close(done) }()
			time.Sleep(time.Hour)
		}()
		<-done
		time.Sleep(50 * time.Millisecond)
		pprof.Lookup("goroutine").WriteTo(os.Stdout, 2)
	case "deep":
		go deep(200)
		time.Sleep(50 * time.Millisecond)
		pprof.Lookup("goroutine").WriteTo(os.Stdout, 2)
	case "http":
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { panic("handler broke") }))
		http.Get(server.URL)
	case "labels":
		for _, l := range [][]string{
			{"plain", "x"},
			{"n", "1", "req", `GET /api/v4/users "q" [a], {b}`},
			{"empty", "", "unicode", "naïve ✓\n\x00", "call", "f(0x1)"},
		} {
			go pprof.Do(context.Background(), pprof.Labels(l...), func(context.Context) { time.Sleep(time.Hour) })
		}
		time.Sleep(50 * time.Millisecond)
		pprof.Lookup("goroutine").WriteTo(os.Stdout, 2)
	default:
		start()
		pprof.Lookup("goroutine").WriteTo(os.Stdout, 2)
	}
}
