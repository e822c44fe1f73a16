// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/internal/reconcile"
)

// maxDryRunBody bounds the body that is read of a request; the client's own are far below.
const maxDryRunBody = 1 << 20

// dryRun logs requests to Alert24 and answers them as if they had been carried out.
type dryRun struct {
	logger  *zap.Logger
	created atomic.Int64
}

// RoundTrip implements http.RoundTripper. Headers are not logged: one of them is the key.
func (d *dryRun) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		body, err = io.ReadAll(io.LimitReader(req.Body, maxDryRunBody))
		_ = req.Body.Close()
		if err != nil {
			return nil, err
		}
	}
	d.logger.Info("Dry run: not sent",
		zap.String("method", req.Method), zap.String("path", req.URL.RequestURI()),
		zap.ByteString("body", body), zap.String("why", reconcile.Why(req.Context())))
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   io.NopCloser(strings.NewReader(d.answer(req, body))), Request: req,
	}, nil
}

func (d *dryRun) answer(req *http.Request, body []byte) string {
	var sent struct {
		Status string `json:"status"`
	}
	_ = json.Unmarshal(body, &sent, jsontext.AllowDuplicateNames(true)) // what we sent ourselves
	if sent.Status == "" {
		sent.Status = "open"
	}
	id := req.URL.Path[strings.LastIndexByte(req.URL.Path, '/')+1:]
	switch {
	case req.Method == http.MethodPost:
		id = fmt.Sprintf("dry-run-%d", d.created.Add(1))
	case id == "incidents":
		return `{"data":[],"meta":{"total":0,"limit":100,"offset":0,"has_more":false}}`
	}
	return fmt.Sprintf(`{"data":{"id":%q,"status":%q}}`, id, sent.Status)
}
