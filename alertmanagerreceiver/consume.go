// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/zap"
)

// consume passes records that no webhook brought to the pipeline. A panic of the pipeline must not end the process.
func (h *handler) consume(ctx context.Context, logs plog.Logs) (err error) {
	defer func() {
		if p := recover(); p != nil {
			h.logger.Error("Panic while the pipeline took the receiver's own records; report it as a bug", zap.Any("panic", p), zap.Stack("stack"))
			err = errInternal
		}
	}()
	return h.next.ConsumeLogs(ctx, logs)
}
