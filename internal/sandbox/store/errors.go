// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"net/http"
)

// Types of errors in the API's envelope (https://alert24.net/docs/api-errors).
const (
	ValidationError     = "validation_error"
	AuthenticationError = "authentication_error"
	AuthorizationError  = "authorization_error"
	PaymentError        = "payment_required" // our own word: the reference lists no 402
	NotFoundError       = "not_found"
	RateLimitError      = "rate_limit_error"
	ServerError         = "server_error"
)

// APIError is an error in the API's words.
type APIError struct {
	Type    string `json:"type"`
	Message string `json:"message"`
	Status  int    `json:"status"`
}

func (e *APIError) Error() string { return e.Message }

func invalid(format string, args ...any) error {
	return &APIError{ValidationError, fmt.Errorf(format, args...).Error(), http.StatusBadRequest}
}

func missing() error {
	return &APIError{NotFoundError, "Incident not found", http.StatusNotFound}
}

func unexpected() error {
	return &APIError{ServerError, "An unexpected error occurred", http.StatusInternalServerError}
}
