package main

/*
#include <stdint.h>
#include <unistd.h>
#include <stdlib.h>
struct tb { uintptr_t context, sig; uintptr_t *buf; uintptr_t max; };
struct sy { uintptr_t pc; const char *file; uintptr_t lineno; const char *func; uintptr_t entry, more, data; };
static void traceback(void *v) { struct tb *t = v; t->buf[0] = (uintptr_t)&traceback; t->buf[1] = (uintptr_t)&sleep; t->buf[2] = 0; }
static void symbolize(void *v) { struct sy *s = v; if (s->pc == (uintptr_t)&traceback) { s->file = "crash.c"; s->lineno = 12; s->func = "crash_here"; } }
static void *tbp(void) { return (void*)&traceback; }
static void *syp(void) { return (void*)&symbolize; }
static void crash(void) { abort(); }
static void nap(void) { sleep(100); }
*/
import "C"

import (
	"os"
	"runtime"
	"runtime/debug"
	"time"
	"unsafe"
)

func main() {
	debug.SetTraceback("all")
	if len(os.Args) > 1 {
		var sym unsafe.Pointer
		if os.Args[1] == "symbols" {
			sym = C.syp()
		}
		runtime.SetCgoTraceback(0, C.tbp(), nil, sym)
	}
	go C.nap()
	time.Sleep(50 * time.Millisecond)
	C.crash()
}
