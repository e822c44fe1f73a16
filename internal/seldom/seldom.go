// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package seldom logs each message at most a few times a minute.
package seldom

import (
	"runtime"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

const (
	// PerMinute is how often a message is logged per minute and cause.
	PerMinute = 10
	// maxMessages bounds the distinct messages and causes. They are texts of the code, so there are far fewer.
	maxMessages = 1000
)

// Logger logs to a component's logger, which it does not change. It is safe for concurrent use.
type Logger struct {
	to      *zap.Logger
	cause   string
	history *history
}

// history remembers what was logged, for all causes.
type history struct {
	mu      sync.Mutex
	minutes map[line]*minute
}

type line struct{ message, cause string }

// minute counts a message in the minute that began with it.
type minute struct {
	began time.Time
	n     int
}

// New returns a logger.
func New(to *zap.Logger) *Logger {
	return &Logger{to: to, history: &history{minutes: map[line]*minute{}}}
}

// Of returns the logger for one cause, so that frequent messages of another cause cannot hide its messages. There must be few
// causes.
func (l *Logger) Of(cause string) *Logger { return &Logger{to: l.to, cause: cause, history: l.history} }

// Info logs at level info.
func (l *Logger) Info(message string, fields ...zap.Field) { l.log(zapcore.InfoLevel, message, fields) }

// Warn logs at level warn.
func (l *Logger) Warn(message string, fields ...zap.Field) { l.log(zapcore.WarnLevel, message, fields) }

// Error logs at level error.
func (l *Logger) Error(message string, fields ...zap.Field) {
	l.log(zapcore.ErrorLevel, message, fields)
}

func (l *Logger) log(level zapcore.Level, message string, fields []zap.Field) {
	leftOut, ok := l.history.allow(line{message, l.cause}, time.Now())
	if !ok {
		return
	}
	if entry := l.to.Check(level, message); entry != nil {
		if entry.Caller.Defined {
			entry.Caller = zapcore.NewEntryCaller(runtime.Caller(2)) // the caller of Info, Warn or Error
		}
		if leftOut > 0 {
			fields = append(slices.Clip(fields), zap.Int("left_out", leftOut))
		}
		entry.Write(fields...)
	}
}

// allow reports whether to log the line, and how many such lines were left out since the last one.
func (h *history) allow(it line, now time.Time) (leftOut int, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.minutes[it]
	if m == nil || now.Sub(m.began) >= time.Minute {
		if m == nil && len(h.minutes) >= maxMessages {
			return 0, false
		}
		if m != nil {
			leftOut = max(0, m.n-PerMinute)
		}
		m = &minute{began: now}
		h.minutes[it] = m
	}
	m.n++
	return leftOut, m.n <= PerMinute
}
