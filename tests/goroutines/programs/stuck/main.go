// Command stuck gets stuck in the way that is asked for and prints its goroutines.
package main

import (
	"context"
	"crypto/tls"
	"database/sql"
	"database/sql/driver"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/rpc"
	"net/smtp"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"sync"
	"time"
)

func many(n int, f func(int)) {
	for i := 0; i < n; i++ {
		go f(i)
	}
}

type account struct {
	name    string
	mu      sync.Mutex
	balance int
}

//go:noinline
func (a *account) hold(release chan bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	<-release
	a.balance++
}

//go:noinline
func (a *account) deposit() {
	a.mu.Lock()
	a.balance++
	a.mu.Unlock()
}

type registry struct {
	mu    sync.RWMutex
	names map[string]int
}

//go:noinline
func (r *registry) read(release chan bool) {
	r.mu.RLock()
	<-release
	r.mu.RUnlock()
}

//go:noinline
func (r *registry) write() {
	r.mu.Lock()
	r.names["a"]++
	r.mu.Unlock()
}

type fakeDriver struct{}
type fakeConn struct{}
type fakeStmt struct{}
type fakeRows struct{}

func (fakeDriver) Open(string) (driver.Conn, error)          { return fakeConn{}, nil }
func (fakeConn) Prepare(string) (driver.Stmt, error)         { return fakeStmt{}, nil }
func (fakeConn) Close() error                                { return nil }
func (fakeConn) Begin() (driver.Tx, error)                   { return nil, driver.ErrSkip }
func (fakeStmt) Close() error                                { return nil }
func (fakeStmt) NumInput() int                               { return 0 }
func (fakeStmt) Exec([]driver.Value) (driver.Result, error)  { return driver.ResultNoRows, nil }
func (fakeStmt) Query([]driver.Value) (driver.Rows, error)   { return fakeRows{}, nil }
func (fakeRows) Columns() []string                           { return []string{"a"} }
func (fakeRows) Close() error                                { return nil }
func (fakeRows) Next([]driver.Value) error                   { return nil }

// silent listens, accepts and never says a word.
func silent() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c
		}
	}()
	return l.Addr().String()
}

func stick(how string) {
	forever := make(chan bool)
	switch how {
	case "mutex":
		a := &account{name: "shared"}
		go a.hold(forever)
		time.Sleep(20 * time.Millisecond)
		many(12, func(int) { a.deposit() })
	case "rwmutex":
		r := &registry{names: map[string]int{}}
		go r.read(forever)
		time.Sleep(20 * time.Millisecond)
		many(5, func(int) { r.write() })
	case "nilchan":
		many(12, func(int) { var c chan int; <-c })
	case "emptyselect":
		many(3, func(int) { select {} })
	case "send":
		results := make(chan int)
		many(30, func(i int) { results <- i })
	case "leak":
		many(1200, func(int) { <-forever })
	case "pool":
		sql.Register("fake", fakeDriver{})
		db, _ := sql.Open("fake", "")
		db.SetMaxOpenConns(2)
		many(14, func(int) { rows, _ := db.Query("select 1"); _ = rows })
	case "http":
		url := "http://" + silent()
		many(6, func(int) { http.Get(url) })
	case "tls":
		address := silent()
		many(5, func(int) { tls.Dial("tcp", address, &tls.Config{}) })
	case "smtp":
		address := silent()
		many(3, func(int) { smtp.SendMail(address, nil, "a@example.org", []string{"b@example.org"}, nil) })
	case "rpc":
		near, far := net.Pipe()
		go io.Copy(io.Discard, far)
		client := rpc.NewClient(near)
		many(4, func(int) { client.Call("Hooks.MessageHasBeenPosted", 1, nil) })
	case "flood":
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { export(forever) }))
		many(30, func(int) { http.Get(server.URL) })
	case "waitgroup":
		var wg sync.WaitGroup
		wg.Add(1)
		many(4, func(int) { wg.Wait() })
	case "collector":
		debug.SetGCPercent(1)
		many(8, func(int) {
			for {
				runtime.GC()
			}
		})
	case "idle":
		server := httptest.NewServer(http.NotFoundHandler())
		http.Get(server.URL)
		ctx, cancel := context.WithCancel(context.Background())
		_ = cancel
		sql.Register("fake", fakeDriver{})
		db, _ := sql.Open("fake", "")
		db.SetConnMaxLifetime(time.Hour)
		db.PingContext(ctx)
	}
}

//go:noinline
func export(forever chan bool) { <-forever }

func main() {
	stick(os.Args[1])
	time.Sleep(300 * time.Millisecond)
	pprof.Lookup("goroutine").WriteTo(os.Stdout, 2)
}
