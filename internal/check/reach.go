// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package check

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/text"
)

// certificateSoon is how early a finding warns of the end of a certificate.
const certificateSoon = 14 * 24 * time.Hour

// reach finds out whether the API answers at all, over which TLS, and whether it accepts the key.
func (r *run) reach(ctx context.Context) {
	answer := r.api.do(ctx, http.MethodGet, incidentsPath+"?limit=1", nil)
	f := Finding{Point: "reachability", Title: "the API answers", Expected: "an answer of the API", Seen: answer.summary()}
	switch _, _, isList := answer.rowsIn(); {
	case answer.err != nil:
		f.Level, f.Behaviour = Change, "no_answer"
		f.Change = causeOf(answer.err)
	case answer.status/100 == 3:
		f.Level, f.Behaviour = Change, "redirect"
		f.Change = "endpoint: redirects are not followed, set the final address"
	case !isList && answer.message() == "" && answer.status != http.StatusPaymentRequired && answer.status != http.StatusTooManyRequests:
		f.Level, f.Behaviour = Change, "not_the_api"
		f.Change = "endpoint: its path is usually /api/v1; or a proxy on the way answers in place of the API (proxy_url)"
	default:
		f.Level, f.Behaviour, f.Seen = OK, "answered", fmt.Sprintf("HTTP %d after %s", answer.status, answer.took.Round(time.Millisecond))
	}
	r.find(f)
	if f.Level != OK {
		r.report.Stopped = "the API does not answer"
		return
	}
	r.encrypted(answer)
	r.key(answer)
}

// causeOf names the setting that may fix a failure to connect.
func causeOf(err error) string {
	if _, is := errors.AsType[*tls.CertificateVerificationError](err); is {
		return "tls: give ca_file if a proxy or an authority of your own signs certificates, or correct the host of endpoint"
	}
	if _, is := errors.AsType[*net.DNSError](err); is {
		return "endpoint: its host has no address; check it, the DNS and proxy_url"
	}
	if errors.Is(err, http.ErrSchemeMismatch) {
		return "endpoint: it begins with https:// and the server does not speak TLS"
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "timeout: nothing came in time; check firewalls, endpoint and proxy_url, or raise it"
	}
	return "endpoint, or proxy_url if this machine needs a proxy"
}

func (r *run) encrypted(answer *reply) {
	f := Finding{Point: "tls", Title: "the connection is encrypted", Expected: "TLS 1.2 or later, a certificate that lasts", Level: OK, Behaviour: "encrypted"}
	switch {
	case answer.tls == nil && loopback(r.o.Endpoint):
		f.Level, f.Behaviour, f.Seen = Note, "loopback", "none, and the API is on this machine"
	case answer.tls == nil:
		f.Level, f.Behaviour, f.Seen, f.Change = Change, "none", "none: the key and all incidents can be read on the way", "endpoint: https://"
	default:
		f.Seen = tls.VersionName(answer.tls.Version)
		if len(answer.tls.PeerCertificates) == 0 {
			break
		}
		end := answer.tls.PeerCertificates[0].NotAfter
		f.Seen += ", certificate until " + end.UTC().Format(time.DateOnly)
		if end.Sub(r.o.Now()) < certificateSoon {
			f.Level, f.Behaviour, f.Change = Problem, "ends_soon", "the operator of the API or of the proxy must renew the certificate"
		}
	}
	r.find(f)
}

func loopback(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	return u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
}

// key finds out whether the API accepts the key.
func (r *run) key(answer *reply) {
	f := Finding{Point: "key", Title: "the key is accepted", Expected: "yes", Seen: answer.summary(), Level: OK, Behaviour: "accepted"}
	switch answer.status {
	case http.StatusUnauthorized:
		f.Level, f.Behaviour, f.Change = Change, "refused", "api_key, or the file of the authenticator: the key is unknown, expired or revoked; make one with scope write"
	case http.StatusPaymentRequired:
		f.Level, f.Behaviour, f.Change = Problem, "plan", "none: the plan of the organization does not include the API"
	case http.StatusTooManyRequests:
		f.Level, f.Behaviour, f.Change = Problem, "limited", "limits::requests_per_second, or ask again later: others use up the limit of this key"
	default:
		f.Seen = "yes"
	}
	r.find(f)
	if f.Level != OK {
		r.report.Stopped = "the key is not accepted"
	}
}

// readScope finds out whether the key may read. All later questions depend on it.
func (r *run) readScope(ctx context.Context) {
	answer := r.api.do(ctx, http.MethodGet, newestPage, nil)
	f := Finding{Point: "scope_read", Title: "the key may read", Expected: "yes", Seen: answer.summary(), Level: OK, Behaviour: "yes"}
	_, meta, ok := answer.rowsIn()
	switch {
	case answer.status == http.StatusForbidden:
		f.Level, f.Behaviour, f.Change = Change, "no", "api_key: create a key with scope write, which includes reading; with this one no lookup works"
	case !ok:
		f.Level, f.Behaviour, f.Change = Problem, "failed", "none: see what Alert24's status page says, and try again"
	default:
		f.Seen = "yes"
	}
	r.find(f)
	if f.Level != OK {
		r.report.Stopped = "incidents cannot be read"
		return
	}
	paging := Finding{
		Point: "paging", Title: "the list says whether there is more", Expected: "meta.total and meta.has_more", Level: OK, Behaviour: "yes", Seen: "both",
	}
	if !meta.has("total") || !meta.has("has_more") {
		paging.Level, paging.Behaviour, paging.Seen = Problem, "no", fmt.Sprintf("total %t, has_more %t", meta.has("total"), meta.has("has_more"))
		paging.Change = "none: lookups and the audit cannot tell whether they saw all, and stay incomplete"
	}
	r.find(paging)
}

// services finds out whether services can be listed. Finding them by name needs the list.
func (r *run) services(ctx context.Context) {
	answer := r.api.do(ctx, http.MethodGet, "/services?limit=100", nil)
	rows, meta, ok := answer.rowsIn()
	f := Finding{
		Point: "services", Title: "services can be listed", Expected: "a list with ids and names, for incident::services::by: name",
		Level: OK, Behaviour: "listed", Seen: text.Count(len(rows), "service", "services") + " on the first page",
	}
	switch {
	case !ok:
		f.Behaviour, f.Seen = "no", answer.summary()
	case len(rows) > 0 && (rows[0].text("id") == "" || rows[0].text("name") == ""):
		f.Behaviour, f.Seen = "not_readable", "rows without id or name"
	case !meta.has("total") || !meta.has("has_more"):
		f.Behaviour, f.Seen = "no_paging", "the list does not say whether there is more"
	}
	if f.Behaviour != "listed" {
		services := &r.o.Incident.Services
		if f.Level = Note; services.Label != "" && services.By == incident.ServicesByName {
			f.Level, f.Change = Change, "incident::services: by: id, with a map"
		}
	}
	r.find(f)
}
