package bursar

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	commonv1 "github.com/bursar-dev/bursar/clients/go/generated/bursar/common/v1"
)

// What an amount may have: digits from the first that is not zero, and decimal places.
const (
	maxDigits = 38
	maxPlaces = 18
)

// Text longer than this is no amount, whatever is in it; reading it would only cost time.
const maxDecimalText = 1_000

// NewMoney is an exact amount of an asset. The error is an [*Error] with [ReasonInvalidDecimal].
func NewMoney(asset string, amount decimal.Decimal) (*commonv1.Money, error) {
	text, err := FormatDecimal(amount)
	if err != nil {
		return nil, err
	}
	return &commonv1.Money{Asset: asset, Amount: text}, nil
}

// AmountOf is the amount of money as a decimal.
func AmountOf(money *commonv1.Money) (decimal.Decimal, error) { return ParseDecimal(money.GetAmount()) }

// FormatDecimal writes a decimal as the API has it: no exponent, no trailing zeros after the point. It refuses what the API
// cannot carry, and never rounds.
func FormatDecimal(value decimal.Decimal) (string, error) {
	digits := strings.TrimRight(value.Coefficient().Text(10), "0")
	digits = strings.TrimPrefix(digits, "-")
	if digits == "" {
		return "0", nil
	}
	places := -int64(value.Exponent()) - int64(value.NumDigits()-len(digits))
	switch {
	case places > maxPlaces:
		return "", tooLarge(value, fmt.Sprintf("%d decimal places", places))
	case int64(len(digits))+max(0, -places) > maxDigits:
		return "", tooLarge(value, fmt.Sprintf("%d digits", int64(len(digits))+max(0, -places)))
	}
	return value.String(), nil
}

// ParseDecimal reads a decimal of the API, such as Balance's totals. The error is an [*Error] with [ReasonInvalidDecimal].
func ParseDecimal(text string) (decimal.Decimal, error) {
	if len(text) > maxDecimalText {
		return decimal.Decimal{}, invalidDecimal("%.40q… is %d characters long", text, len(text))
	}
	value, err := decimal.NewFromString(text)
	if err != nil {
		return decimal.Decimal{}, invalidDecimal("%q is not a decimal", text)
	}
	if _, err := FormatDecimal(value); err != nil {
		return decimal.Decimal{}, err
	}
	return value, nil
}

// tooLarge names the value with its exponent: written out, it could be as long as memory.
func tooLarge(value decimal.Decimal, has string) *Error {
	digits := value.Coefficient().Text(10)
	if len(digits) > 50 {
		digits = digits[:50] + "…"
	}
	return invalidDecimal("%sE%d has %s", digits, value.Exponent(), has)
}

func invalidDecimal(format string, values ...any) *Error {
	right := fmt.Sprintf(": an amount has at most %d digits, %d of them after the point, such as 12.50", maxDigits, maxPlaces)
	return invalid(ReasonInvalidDecimal, fmt.Sprintf(format, values...)+right)
}
