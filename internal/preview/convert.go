// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/alertmanagerreceiver"
	"github.com/alert24/otelcol-alert24/internal/webhook"
)

// epoch stands for the random id of a receiver process.
const epoch = "preview"

// Convert returns the log records that a receiver with cfg makes of in, a webhook. Its address and who may send play no part.
func Convert(_ context.Context, cfg *alertmanagerreceiver.Config, in io.Reader) (logs plog.Logs, err error) {
	limit := cfg.ServerConfig.MaxRequestBodySize
	body, err := io.ReadAll(io.LimitReader(in, limit+1))
	switch {
	case err != nil:
		return logs, err
	case int64(len(body)) > limit:
		return logs, fmt.Errorf("the webhook has more than %d bytes: see max_request_body_size", limit)
	}
	converter, err := cfg.NewConverter(component.NewID(alertmanagerreceiver.NewFactory().Type()), component.NewDefaultBuildInfo().Version)
	if err != nil {
		return logs, err
	}
	hook, err := webhook.Decode(body)
	if err != nil {
		return logs, err
	}
	if len(hook.Alerts) == 0 && hook.Skipped.Len() > 0 {
		return logs, errors.New("no alert can be used: " + hook.Skipped.String())
	}
	logs, _ = converter.Logs(hook, &webhook.Delivery{Epoch: epoch, Arrival: 1, Received: time.Now()})
	return logs, nil
}
