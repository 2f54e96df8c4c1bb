// A peer of the event bus: what one writes in Go without a second thought, a goroutine for each handler of each event.
// Prints one JSON line: the figures of one run.
//
//	go-bus async SUBSCRIBERS         deliveries a second of Emit
//	go-bus sync SUBSCRIBERS          events a second of EmitSync
//	go-bus latency SUBSCRIBERS RATE  microseconds from Emit to the start of the handler, RATE events a second
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strconv"
	"time"
)

const (
	eventType = "bench.tick"
	// The same as in delivery_load.hpp and event_latency.hpp.
	measuringTime    = 500 * time.Millisecond
	latencyWarmUp    = 100
	latencyMeasuring = time.Second
)

func newEvent() Event {
	return Event{Type: eventType, Data: map[string]interface{}{}, Time: time.Now()}
}

func clamp(value, low, high uint64) uint64 {
	if value < low {
		return low
	}
	if value > high {
		return high
	}
	return value
}

func async(subscribers int) map[string]float64 {
	bus := NewBus()
	handled := make(counters, subscribers)
	for i := range handled {
		counter := &handled[i]
		bus.Subscribe(eventType, func(Event) error {
			counter.handled.Add(1)
			return nil
		})
	}

	window := clamp(uint64(131072/subscribers), 64, 16384)
	stride := window / 8
	var emitted uint64
	emitStride := func() {
		if emitted >= window {
			handled.await(emitted + stride - window)
		}
		for i := uint64(0); i < stride; i++ {
			bus.Emit(newEvent())
		}
		emitted += stride
	}

	for emitted < window {
		emitStride()
	}
	handled.await(emitted)
	warm := emitted
	begin := time.Now()
	for time.Since(begin) < measuringTime {
		emitStride()
	}
	handled.await(emitted)
	took := time.Since(begin).Seconds()
	return map[string]float64{"deliveries_per_second": float64((emitted-warm)*uint64(subscribers)) / took}
}

func synchronous(subscribers int) map[string]float64 {
	bus := NewBus()
	for i := 0; i < subscribers; i++ {
		bus.Subscribe(eventType, func(Event) error { return nil })
	}
	emitOne := func() {
		if errs := bus.EmitSync(newEvent()); len(errs) != 0 {
			fail("a synchronous emit was not handled by everyone")
		}
	}

	for i := 0; i < 100; i++ {
		emitOne()
	}
	emitted := 0
	begin := time.Now()
	for ; time.Since(begin) < measuringTime; emitted++ {
		emitOne()
	}
	return map[string]float64{"events_per_second": float64(emitted) / time.Since(begin).Seconds()}
}

func latency(subscribers, rate int) map[string]float64 {
	events := latencyWarmUp + int(latencyMeasuring.Seconds()*float64(rate))
	bus := NewBus()
	handled := make(counters, subscribers)
	samples := make([][]time.Duration, subscribers)
	for i := range handled {
		counter := &handled[i]
		mine := make([]time.Duration, events)
		samples[i] = mine
		bus.Subscribe(eventType, func(e Event) error {
			took := time.Since(e.Time)
			mine[counter.handled.Add(1)-1] = took
			return nil
		})
	}

	interval := time.Second / time.Duration(rate)
	begin := time.Now()
	for i := 0; i < events; i++ {
		time.Sleep(time.Until(begin.Add(time.Duration(i) * interval)))
		bus.Emit(newEvent())
	}
	handled.await(uint64(events))
	// A counter moves just before its sample is written.
	time.Sleep(time.Millisecond)

	var all []time.Duration
	for _, mine := range samples {
		all = append(all, mine[latencyWarmUp:]...)
	}
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	quantile := func(q float64) float64 { return float64(all[int(q*float64(len(all)-1)+0.5)].Nanoseconds()) / 1000 }
	return map[string]float64{"p50_us": quantile(0.5), "p99_us": quantile(0.99)}
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, message)
	os.Exit(1)
}

func number(arguments []string, index int) int {
	if index < len(arguments) {
		if n, err := strconv.Atoi(arguments[index]); err == nil && n > 0 {
			return n
		}
	}
	fail("usage: go-bus async SUBSCRIBERS | sync SUBSCRIBERS | latency SUBSCRIBERS RATE")
	return 0
}

func main() {
	arguments := os.Args[1:]
	subscribers := number(arguments, 1)
	var figures map[string]float64
	switch arguments[0] {
	case "async":
		figures = async(subscribers)
	case "sync":
		figures = synchronous(subscribers)
	case "latency":
		figures = latency(subscribers, number(arguments, 2))
	default:
		fail("there is no mode " + arguments[0])
	}
	if err := json.NewEncoder(os.Stdout).Encode(figures); err != nil {
		fail(err.Error())
	}
}
