// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
)

// These ports are below the range from which the kernel takes ports of outgoing connections: no connection takes a port that a program
// will use again.
const firstPort, lastPort, blockPorts = 12000, 30000, 1000

// ports gives out the ports of a block, each in its turn. It listens on the first port until the process ends, so that no other process
// takes the block. So programs of two processes of tests never get the same port.
type ports struct {
	mu    sync.Mutex
	taken net.Listener
	first int
	given int
}

var own ports

// FreeAddress returns an address of the loopback on which nothing listens.
func FreeAddress(ctx context.Context) (string, error) { return own.free(ctx) }

func (p *ports) free(ctx context.Context) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.take(ctx); err != nil {
		return "", err
	}
	for range blockPorts - 1 {
		p.given++
		if l, err := listen(ctx, p.first+1+p.given%(blockPorts-1)); err == nil {
			return l.Addr().String(), l.Close()
		}
	}
	return "", errors.New("no port of this process is free")
}

// take takes a block that no process has, if there is none yet.
func (p *ports) take(ctx context.Context) (err error) {
	const blocks = (lastPort - firstPort) / blockPorts
	start := rand.IntN(blocks) //nolint:gosec // a port is no secret
	for i := 0; p.taken == nil && i < blocks; i++ {
		p.first = firstPort + (start+i)%blocks*blockPorts
		p.taken, err = listen(ctx, p.first)
	}
	return err
}

func listen(ctx context.Context, port int) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
}
