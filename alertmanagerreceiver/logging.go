// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"log"
	"strings"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// messagesPerMinute bounds the log lines per message, so that strangers who reach the port cannot fill a disk. The metrics
// count all.
const messagesPerMinute = 10

// sampled returns a logger that passes on each message at most messagesPerMinute times.
func sampled(logger *zap.Logger) *zap.Logger {
	return logger.WithOptions(zap.WrapCore(func(core zapcore.Core) zapcore.Core {
		return zapcore.NewSamplerWithOptions(core, time.Minute, messagesPerMinute, 0)
	}))
}

// serverLog logs the messages of the HTTP server, most of them about failed handshakes. They contain the peer's address, so
// it becomes a field: otherwise each would be another message. They are warnings, because the fault is the peer's.
func serverLog(logger *zap.Logger) *log.Logger {
	return log.New(lineWriter{logger}, "", 0)
}

type lineWriter struct{ logger *zap.Logger }

func (w lineWriter) Write(line []byte) (int, error) {
	w.logger.Warn("The HTTP server dropped a connection or request", zap.String("error", strings.TrimSpace(string(line))))
	return len(line), nil
}
