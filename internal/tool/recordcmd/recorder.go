// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package recordcmd

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
)

const forwardTimeout = 30 * time.Second

// recorder saves webhooks, and forwards them if it is in front of a bridge.
type recorder struct {
	*options
	transport *http.Transport
	bridge    *httputil.ReverseProxy // used with --forward
	out       io.Writer
	full      chan struct{} // closed when everything is recorded
	before    int           // the highest number of a file of an earlier run

	mu     sync.Mutex
	kept   int
	failed error
}

func newRecorder(o *options, out io.Writer) *recorder {
	r := &recorder{options: o, out: out, full: make(chan struct{}), transport: &http.Transport{Proxy: http.ProxyFromEnvironment}}
	r.bridge = &httputil.ReverseProxy{
		Transport: r.transport,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.Out.URL, _ = url.Parse(o.forward) // it was checked
			p.Out.Host = p.Out.URL.Host
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			fmt.Fprintf(out, "not forwarded: %v\n", err)
			http.Error(w, "the bridge does not answer", http.StatusBadGateway)
		},
	}
	return r
}

// ServeHTTP takes a webhook on every path.
func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodPost && req.Method != http.MethodPut {
		w.Header().Set("Allow", "POST, PUT")
		http.Error(w, "this takes webhooks", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, r.maxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		http.Error(w, "the webhook is larger than --max-body", http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		return // the sender is gone
	}
	err = r.keep(body)
	switch {
	case r.forward != "":
		ctx, cancel := context.WithTimeout(req.Context(), forwardTimeout)
		defer cancel()
		req.Body = io.NopCloser(bytes.NewReader(body))
		r.bridge.ServeHTTP(w, req.WithContext(ctx)) // the sender gets the bridge's answer
	case err != nil:
		http.Error(w, "the webhook is not kept: see what alert24tool record prints", http.StatusBadRequest)
	}
}

// keep saves a webhook as a file.
func (r *recorder) keep(body []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept >= r.count {
		return nil
	}
	clean, err := redact(body)
	if err != nil {
		fmt.Fprintf(r.out, "not kept: %v\n", err)
		return err
	}
	name := filepath.Join(r.dir, fmt.Sprintf("%03d-%s.json", r.before+r.kept+1, nameOf(body)))
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // in the folder that the user named, and fileName leaves no path
	if err == nil {
		_, err = file.Write(clean)
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		fmt.Fprintf(r.out, "not kept: %v\n", err)
		r.failed, r.kept = err, r.count
		r.finish()
		return err
	}
	fmt.Fprintln(r.out, name)
	r.kept++
	if r.kept == r.count {
		if r.forward != "" {
			fmt.Fprintln(r.out, "all are kept; further webhooks are only forwarded: point Alertmanager back to the bridge, then press Ctrl-C")
		}
		r.finish()
	}
	return nil
}

// finish ends the command, unless Alertmanager still reaches the bridge through it. The caller holds mu.
func (r *recorder) finish() {
	if r.forward == "" {
		close(r.full)
	}
}

func (r *recorder) err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed
}

// lastNumber returns the highest number of a file in the folder. A second run goes on from there.
func lastNumber(dir string) (last int, err error) {
	files, err := os.ReadDir(dir)
	for _, f := range files {
		number, _, _ := strings.Cut(f.Name(), "-")
		if n, err := strconv.Atoi(number); err == nil {
			last = max(last, n)
		}
	}
	return last, err
}

// nameOf returns a part of the file name: the receiver and the status of the webhook.
func nameOf(body []byte) string {
	var hook struct {
		Receiver string `json:"receiver"`
		Status   string `json:"status"`
	}
	_ = json.Unmarshal(body, &hook) // without them the name is different
	return cmp.Or(strings.Trim(fileName(hook.Receiver)+"-"+fileName(hook.Status), "-"), "webhook")
}

// noName matches characters that may do harm in a file name.
var noName = regexp.MustCompile(`[^a-zA-Z0-9_-]`)

func fileName(s string) string {
	s = noName.ReplaceAllString(s, "-")
	return strings.Trim(s[:min(len(s), 40)], "-")
}
