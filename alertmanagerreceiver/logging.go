// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"log"
	"strings"

	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/internal/seldom"
)

// serverLog logs the messages of the HTTP server, mostly about failed handshakes. It moves the peer's address into a field: otherwise
// each message would be different. The messages are warnings, because the peer is at fault. They are logged seldom, so that strangers
// who reach the port cannot fill a disk.
func serverLog(logger *seldom.Logger) *log.Logger {
	return log.New(lineWriter{logger}, "", 0)
}

type lineWriter struct{ logger *seldom.Logger }

func (w lineWriter) Write(line []byte) (int, error) {
	w.logger.Warn("The HTTP server dropped a connection or request", zap.String("error", strings.TrimSpace(string(line))))
	return len(line), nil
}
