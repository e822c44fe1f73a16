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

// messagesPerMinute is how often one message is logged: whoever reaches the port must not be able to fill a disk. The
// metrics count all.
const messagesPerMinute = 10

// sampled returns a logger that passes on each message at most messagesPerMinute times.
func sampled(logger *zap.Logger) *zap.Logger {
	return logger.WithOptions(zap.WrapCore(func(core zapcore.Core) zapcore.Core {
		return zapcore.NewSamplerWithOptions(core, time.Minute, messagesPerMinute, 0)
	}))
}

// serverLog takes the messages of the HTTP server, most of them about a handshake that failed. Those hold the address of
// the peer, so each would be another message; and they are warnings, because the fault is the peer's.
func serverLog(logger *zap.Logger) *log.Logger {
	return log.New(lineWriter{logger}, "", 0)
}

type lineWriter struct{ logger *zap.Logger }

func (w lineWriter) Write(line []byte) (int, error) {
	w.logger.Warn("The HTTP server dropped a connection or request", zap.String("error", strings.TrimSpace(string(line))))
	return len(line), nil
}
