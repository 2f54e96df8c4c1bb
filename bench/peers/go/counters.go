package main

import (
	"sync/atomic"
	"time"
)

// How many events a subscriber has handled, on a cache line of its own.
type counter struct {
	handled atomic.Uint64
	_       [56]byte
}

type counters []counter

// What the slowest has handled.
func (c counters) least() uint64 {
	least := c[0].handled.Load()
	for i := range c {
		if n := c[i].handled.Load(); n < least {
			least = n
		}
	}
	return least
}

// Sleeps until everyone has handled so many events.
func (c counters) await(events uint64) {
	until := time.Now().Add(30 * time.Second)
	for c.least() < events {
		if time.Now().After(until) {
			fail("the subscribers did not handle what was sent within 30 s")
		}
		time.Sleep(50 * time.Microsecond)
	}
}
