package main

import (
	"fmt"
	"time"
)

var total int

func add() { total++ }

func main() {
	go add()
	total++
	time.Sleep(50 * time.Millisecond)
	for i := 0; i < 2; i++ {
		go func() { add(); time.Sleep(200 * time.Millisecond) }()
	}
	time.Sleep(100 * time.Millisecond)
	fmt.Println(total)
}
