// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Command bare is a minimal durable bridge written in Go, with which `make bench` compares: net/http, a fast JSON
// decoder that reads only the alias, and bbolt with one transaction for all waiting webhooks. It opens no
// incidents and reads nothing back. Its cost is what the machine demands of any such bridge.
//
// Usage: bare FILE. It listens on a free port of the loopback, prints it, and runs until it is killed.
package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/klauspost/compress/s2"
	"go.etcd.io/bbolt"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bare:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: bare FILE, not %q", args)
	}
	// These are the options of the collector's file_storage.
	db, err := bbolt.Open(args[0], 0o600, &bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return err
	}
	defer db.Close()
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	b := &bridge{live: map[string][]byte{}, writes: make(chan write)}
	go b.commit(db)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	return (&http.Server{Handler: b, ReadHeaderTimeout: time.Minute}).Serve(listener)
}

// bridge keeps for each alias the last webhook that named it.
type bridge struct {
	mu     sync.Mutex
	live   map[string][]byte
	writes chan write
}

// write is a value to store, and a channel that reports when it is on disk.
type write struct {
	value []byte
	done  chan<- error
}

type webhook struct {
	Alerts []struct {
		Labels struct {
			Name     string `json:"alertname"`
			Instance string `json:"instance"`
		} `json:"labels"`
	} `json:"alerts"`
}

func (b *bridge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := make([]byte, max(r.ContentLength, 0))
	var hook webhook
	_, err := io.ReadFull(r.Body, body)
	if err == nil {
		err = json.Unmarshal(body, &hook)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	done := make(chan error, 1)
	b.writes <- write{s2.Encode(nil, body), done}
	if err := <-done; err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range hook.Alerts {
		b.live[a.Labels.Name+":"+a.Labels.Instance] = body
	}
}

// commit stores all waiting writes in one transaction, again and again while the process runs.
func (b *bridge) commit(db *bbolt.DB) {
	var waiting []write
	for first := range b.writes {
		waiting = append(waiting[:0], first)
		for more := true; more; {
			select {
			case next := <-b.writes:
				waiting = append(waiting, next)
			default:
				more = false
			}
		}
		err := db.Update(func(tx *bbolt.Tx) error { return put(tx, waiting) })
		for _, w := range waiting {
			w.done <- err
		}
	}
}

func put(tx *bbolt.Tx, values []write) error {
	bucket, err := tx.CreateBucketIfNotExists([]byte("webhooks"))
	if err != nil {
		return err
	}
	for _, w := range values {
		n, err := bucket.NextSequence()
		if err != nil {
			return err
		}
		if err := bucket.Put(binary.BigEndian.AppendUint64(nil, n), w.value); err != nil {
			return err
		}
	}
	return nil
}
