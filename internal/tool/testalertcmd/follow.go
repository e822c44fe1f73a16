// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package testalertcmd

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/alert24/otelcol-alert24/internal/text"
)

// explanation is what the status API says of an alert, as far as it matters here.
type explanation struct {
	Entries []entry  `json:"entries"`
	Notices []notice `json:"notices"`
}

// entry is an alias and its incident.
type entry struct {
	Alias    string `json:"alias"`
	State    state  `json:"state"`
	Incident struct {
		State  string `json:"state"`
		ID     string `json:"id"`
		Number int64  `json:"number"`
		Link   string `json:"link"`
	} `json:"incident"`
}

type state struct {
	Kind   string `json:"kind"`
	Text   string `json:"text"`
	Reason string `json:"reason"`
}

// notice is a reason why an alert has no incident.
type notice struct {
	Text string `json:"text"`
}

func (s state) String() string {
	if s.Reason == "" {
		return s.Text
	}
	return s.Text + ": " + s.Reason
}

// name is what people call the incident.
func (e *entry) name() string {
	if e.Incident.Number > 0 {
		return "#" + strconv.FormatInt(e.Incident.Number, 10)
	}
	return e.Incident.ID
}

// explain asks for the entry of an alias, or, as long as that is not known, of the alerts with the labels.
func (b *bridge) explain(ctx context.Context, alias string, labels map[string]string) (*explanation, error) {
	query := url.Values{}
	if alias != "" {
		query.Set("alias", alias)
	} else {
		for _, name := range []string{"alertname", instanceLabel} {
			query.Add("label", name+"="+labels[name])
		}
	}
	address := strings.TrimRight(b.status, "/") + "/api/v1/explain?" + query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	if b.statusToken != "" {
		req.Header.Set("Authorization", "Bearer "+b.statusToken)
	}
	resp, err := b.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("the status page cannot be read: %w; set status::endpoint on the exporter, or give --status", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("the status page cannot be read: %w", err)
	}
	var e explanation
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the status page answered HTTP %d: %s", resp.StatusCode, text.Line(string(body), maxSaid))
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return nil, fmt.Errorf("the status page answered something else: is --status %s the bridge's?", b.status)
	}
	return &e, nil
}
