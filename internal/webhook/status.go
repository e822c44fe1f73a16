// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"slices"
	"time"

	"github.com/go-json-experiment/json"
)

// Status is an Alertmanager's report about itself.
type Status struct {
	// Started is when it was started, by its own clock; zero if unknown.
	Started time.Time
	// Settling: it has not yet found the other members of its cluster.
	Settling bool
	// Name is its own name in its cluster, and Peers are the names of all members; both are empty without a cluster.
	Name  string
	Peers []string
}

// ReadStatus reads the status of Alertmanager's API.
func ReadStatus(body []byte) (*Status, error) {
	var reply struct {
		Uptime  *string `json:"uptime"`
		Cluster *struct {
			Name   string `json:"name"`
			Status string `json:"status"`
			Peers  []struct {
				Name string `json:"name"`
			} `json:"peers"`
		} `json:"cluster"`
	}
	if err := json.Unmarshal(body, &reply, lenient...); err != nil || reply.Uptime == nil && reply.Cluster == nil {
		return nil, errNotStatus
	}
	var s Status
	if reply.Uptime != nil {
		t, err := time.Parse(time.RFC3339Nano, *reply.Uptime)
		if err != nil {
			return nil, errStrangeStatus
		}
		s.Started = t // Grafana sends the zero time
	}
	if c := reply.Cluster; c != nil {
		s.Name, s.Settling = c.Name, c.Status == "settling"
		for _, p := range c.Peers {
			s.Peers = append(s.Peers, p.Name)
		}
	}
	return &s, nil
}

// Silence is a silence of Alertmanager.
type Silence struct {
	By    string
	Until time.Time
}

// ReadSilences reads the list of silences of Alertmanager's API. It returns those that wanted accepts.
func ReadSilences(body []byte, wanted func(id string) bool) (map[string]Silence, error) {
	var reply []struct {
		ID        string `json:"id"`
		CreatedBy string `json:"createdBy"`
		EndsAt    string `json:"endsAt"`
	}
	if err := json.Unmarshal(body, &reply, lenient...); err != nil {
		return nil, errNotSilences
	}
	silences := map[string]Silence{}
	for _, s := range reply {
		until, err := time.Parse(time.RFC3339Nano, s.EndsAt)
		if err == nil && s.CreatedBy != "" && wanted(s.ID) {
			silences[s.ID] = Silence{By: s.CreatedBy, Until: until}
		}
	}
	return silences, nil
}

// OneCluster reports whether each of these Alertmanagers lists the others as members of its cluster.
func OneCluster(all []*Status) bool {
	for i, a := range all {
		for j, b := range all {
			if i != j && (b.Name == "" || !slices.Contains(a.Peers, b.Name)) {
				return false
			}
		}
	}
	return true
}
