// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/confignet"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/receiver"

	"github.com/alert24/otelcol-alert24/alertmanagerreceiver"
)

// maxAnswerBytes bounds what is read of the receiver's answer; it is one line.
const maxAnswerBytes = 4 << 10

// RefusedError is the answer to a webhook that the receiver did not take.
type RefusedError struct {
	Status  int
	Message string
}

func (e *RefusedError) Error() string { return e.Message }

// Convert returns the log records that a receiver with cfg makes of webhook. Its address and who may send play no part.
func Convert(ctx context.Context, cfg *alertmanagerreceiver.Config, webhook io.Reader) (logs plog.Logs, err error) {
	dir, err := os.MkdirTemp("", "alert24-")
	if err != nil {
		return logs, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	socket := filepath.Join(dir, "webhooks")

	converted := make(chan plog.Logs, 1)
	next, err := consumer.NewLogs(func(_ context.Context, ld plog.Logs) error {
		converted <- ld
		return nil
	})
	if err != nil {
		return logs, err
	}
	factory := alertmanagerreceiver.NewFactory()
	r, err := factory.CreateLogs(ctx, receiver.Settings{
		ID: component.NewID(factory.Type()), TelemetrySettings: silent(), BuildInfo: component.NewDefaultBuildInfo(),
	}, onSocket(cfg, socket), next)
	if err != nil {
		return logs, err
	}
	if err := r.Start(ctx, host{}); err != nil {
		return logs, err
	}
	defer func() { err = errors.Join(err, r.Shutdown(context.WithoutCancel(ctx))) }()

	if err := post(ctx, socket, cfg.Path, webhook); err != nil {
		return logs, err
	}
	select {
	case logs = <-converted:
		return logs, nil
	default: // a webhook without alerts is taken and goes nowhere
		return plog.NewLogs(), nil
	}
}

// onSocket is cfg on a socket that nobody else can reach, with all that decides what becomes of a webhook.
func onSocket(cfg *alertmanagerreceiver.Config, socket string) *alertmanagerreceiver.Config {
	server := confighttp.NewDefaultServerConfig()
	server.NetAddr = confignet.NewDefaultAddrConfig()
	server.NetAddr.Transport, server.NetAddr.Endpoint = confignet.TransportTypeUnix, socket
	server.MaxRequestBodySize = cfg.ServerConfig.MaxRequestBodySize
	own := *cfg
	own.ServerConfig = server
	own.HMAC = (&alertmanagerreceiver.Config{}).HMAC
	return &own
}

func post(ctx context.Context, socket, path string, webhook io.Reader) error {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost"+path, webhook)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	message, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes))
	switch {
	case err != nil:
		return fmt.Errorf("the receiver's answer: %w", err)
	case response.StatusCode != http.StatusOK:
		return &RefusedError{Status: response.StatusCode, Message: string(bytes.TrimSpace(message))}
	}
	return nil
}
