package bursar

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"
)

func TestDecimalsKeepEveryDigit(t *testing.T) {
	for text, canonical := range map[string]string{
		"1.50":  "1.5",
		"-0.00": "0",
		"100":   "100",
		"1E+3":  "1000",
		"0.1":   "0.1",
		"12345678901234567890.123456789012345678":             "12345678901234567890.123456789012345678",
		strings.Repeat("9", 38):                               strings.Repeat("9", 38),
		"0.000000000000000001":                                "0.000000000000000001",
		"1.500000000000000000000000000000000000000000":        "1.5",
		"-" + strings.Repeat("9", 20) + ".999999999999999999": "-" + strings.Repeat("9", 20) + ".999999999999999999",
		"9007199254740993":                                    "9007199254740993",
	} {
		value, err := ParseDecimal(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		money, err := NewMoney("EUR", value)
		if err != nil || money.GetAmount() != canonical || money.GetAsset() != "EUR" {
			t.Errorf("%s: got %v, %v, want %s", text, money, err, canonical)
		}
		if back, err := AmountOf(money); err != nil || !back.Equal(value) {
			t.Errorf("%s came back as %s, %v", text, back, err)
		}
	}
}

func TestWhatIsNoAmountIsRefused(t *testing.T) {
	for _, text := range []string{
		"", "NaN", "Infinity", "one", "1,5", "1e38", strings.Repeat("9", 39), "0.0000000000000000001", "1e2000000000",
		"1e-2000000000", strings.Repeat("1", 5_000), "1e999999999999",
	} {
		_, err := ParseDecimal(text)
		if ReasonOf(err) != ReasonInvalidDecimal {
			t.Errorf("%.20q: got %v", text, err)
			continue
		}
		if message := err.Error(); len(message) > 300 || !strings.Contains(message, "such as 12.50") {
			t.Errorf("%.20q: the message should be short and say what is right: %s", text, message)
		}
	}
	if _, err := NewMoney("EUR", decimal.New(1, 2_000_000_000)); ReasonOf(err) != ReasonInvalidDecimal {
		t.Errorf("a huge exponent: got %v", err)
	}
	if _, err := AmountOf(nil); ReasonOf(err) != ReasonInvalidDecimal {
		t.Errorf("absent money: got %v", err)
	}
}
