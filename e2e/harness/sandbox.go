// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

// Sandbox is a sandbox that listens on a free port.
type Sandbox struct {
	*sandboxtest.Sandbox
	end func()
}

// StartSandbox starts a sandbox inside this process. Each change may set other options. Unless one sets other switches, a create
// updates the open incident of its alias.
func StartSandbox(changes ...func(*sandbox.Options)) *Sandbox {
	options := sandbox.Options{Switches: sandbox.Merging}
	for _, change := range changes {
		change(&options)
	}
	s, end := sandboxtest.Open(options)
	return &Sandbox{s, end}
}

// Close ends the sandbox and its listener.
func (s *Sandbox) Close() { s.end() }

// Incident is what the API shows of an incident, as far as the demo needs it.
type Incident struct {
	ID          string     `json:"id"`
	Number      int        `json:"incident_number"`
	Title       string     `json:"title"`
	Description string     `json:"description"`
	Severity    string     `json:"severity"`
	Status      string     `json:"status"`
	ResolvedAt  *time.Time `json:"resolved_at"`
}

// List reads the incidents back through the API, newest first.
func (s *Sandbox) List(ctx context.Context) ([]Incident, error) {
	body, err := get(ctx, s.Endpoint+"/incidents?limit=100", s.Key)
	if err != nil {
		return nil, err
	}
	var page struct {
		Data []Incident `json:"data"`
	}
	if err := json.Unmarshal(body, &page); err != nil {
		return nil, fmt.Errorf("list incidents: %w", err)
	}
	return page.Data, nil
}
