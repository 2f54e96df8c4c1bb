package main

import (
	"log"
	"sync"
	"time"
)

type Event struct {
	Type string
	Data map[string]interface{}
	Time time.Time
}

type Handler func(Event) error

type Bus struct {
	mu       sync.RWMutex
	handlers map[string][]Handler
}

func NewBus() *Bus {
	return &Bus{handlers: make(map[string][]Handler)}
}

func (b *Bus) Subscribe(eventType string, handler Handler) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.handlers[eventType] = append(b.handlers[eventType], handler)
}

// Emit returns at once; each handler runs in a goroutine of its own.
func (b *Bus) Emit(event Event) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, handler := range b.handlers[event.Type] {
		go func(handle Handler) {
			if err := handle(event); err != nil {
				log.Printf("%s: %v", event.Type, err)
			}
		}(handler)
	}
}

// EmitSync waits for every handler and returns what failed.
func (b *Bus) EmitSync(event Event) []error {
	b.mu.RLock()
	handlers := b.handlers[event.Type]
	b.mu.RUnlock()

	var (
		wait sync.WaitGroup
		mu   sync.Mutex
		errs []error
	)
	for _, handler := range handlers {
		wait.Add(1)
		go func(handle Handler) {
			defer wait.Done()
			if err := handle(event); err != nil {
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
			}
		}(handler)
	}
	wait.Wait()
	return errs
}
