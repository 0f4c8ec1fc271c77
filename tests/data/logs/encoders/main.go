package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/mattermost/logr/v2"
	"github.com/mattermost/logr/v2/formatters"
	"github.com/mattermost/logr/v2/targets"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

type stack struct {
	A int
	B string
}

func emit(name string, f logr.Formatter) {
	lgr, err := logr.New()
	if err != nil {
		panic(err)
	}
	file, err := os.Create("out/" + name)
	if err != nil {
		panic(err)
	}
	filter := logr.NewCustomFilter(
		logr.Level{ID: 2, Name: "error", Color: logr.Red}, logr.Level{ID: 3, Name: "warn", Color: logr.Yellow},
		logr.Level{ID: 4, Name: "info", Color: logr.Cyan}, logr.Level{ID: 0, Name: "panic", Stacktrace: true, Color: logr.Red},
		logr.Level{ID: 140, Name: "LDAPError"}, logr.Level{ID: 100, Name: "audit-api"})
	if err := lgr.AddTarget(targets.NewWriterTarget(file), "t", filter, f, 100); err != nil {
		panic(err)
	}
	l := lgr.NewLogger()
	l.Log(logr.Level{ID: 4, Name: "info"}, "Server is initializing...", logr.String("go_version", "go1.26.8"))
	l.Log(logr.Level{ID: 4, Name: "info"}, "Loaded system translations", logr.String("for locale", "en"), logr.String("from locale", "/opt/i18n/en.json"))
	l.Log(logr.Level{ID: 2, Name: "error"}, "Hook failed", logr.Err(errors.New(`Post "http://host.test/hook": address forbidden, see "docs"`)), logr.Int("next", 1), logr.Bool("ok", false), logr.Float("share", 0.25))
	l.Log(logr.Level{ID: 3, Name: "warn"}, "message with \"quotes\" and\ttab and é", logr.String("empty", ""), logr.String("path", "/api/v4/users"), logr.Duration("took", 1500*time.Millisecond))
	l.Log(logr.Level{ID: 4, Name: "info"}, "plugin says\n", logr.String("plugin_id", "com.example.x"), logr.String("source", "plugin_stderr"))
	l.Log(logr.Level{ID: 140, Name: "LDAPError"}, "ldap down", logr.Any("hosts", []string{"a b", "c"}), logr.Any("opts", map[string]int{"n": 1}), logr.Any("thing", stack{1, "x y"}))
	l.Log(logr.Level{ID: 0, Name: "panic", Stacktrace: true}, "this panics", logr.String("timestamp", "mine"), logr.String("caller", "mine"), logr.String("msg", "mine"))
	l.Log(logr.Level{ID: 4, Name: "info"}, "")
	if err := lgr.Shutdown(); err != nil {
		fmt.Println(err)
	}
	file.Close()
}

func zaplog(name string, enc zapcore.Encoder) {
	file, _ := os.Create("out/" + name)
	core := zapcore.NewCore(enc, zapcore.AddSync(file), zapcore.DebugLevel)
	l := zap.New(core, zap.AddCaller(), zap.AddStacktrace(zapcore.PanicLevel))
	l.Info("Server is listening", zap.String("address", ":8065"), zap.Int("n", 3))
	l.Error("Hook failed", zap.Error(errors.New(`Post "http://host.test/hook": no`)), zap.String("user_id", "abc"))
	l.Warn("two\tparts\nand lines", zap.Any("m", map[string]int{"a": 1}))
	l.Debug("no fields")
	l.With(zap.String("logSource", "notifications")).Info("Notification received", zap.String("status", "Received"))
	func() { defer func() { recover() }(); l.Panic("zap panic", zap.String("why", "test")) }()
	file.Close()
}

func main() {
	os.MkdirAll("out", 0o755)
	_ = json.Marshal
	emit("logr.json.log", &formatters.JSON{EnableCaller: true})
	emit("logr-default.plain.log", &formatters.Plain{EnableCaller: true, MinLevelLen: 5, MinMessageLen: 45})
	emit("logr-color.plain.log", &formatters.Plain{EnableCaller: true, MinLevelLen: 5, MinMessageLen: 45, EnableColor: true})
	emit("logr-delim.plain.log", &formatters.Plain{EnableCaller: true, Delim: " | ", MinLevelLen: 5, MinMessageLen: 40})
	emit("logr-nolevel.plain.log", &formatters.Plain{EnableCaller: true, DisableLevel: true})
	emit("logr-notime.plain.log", &formatters.Plain{EnableCaller: true, DisableTimestamp: true, MinLevelLen: 5})
	emit("logr-bare.plain.log", &formatters.Plain{EnableCaller: true, DisableTimestamp: true, DisableLevel: true})
	emit("logr-nocaller.plain.log", &formatters.Plain{TimestampFormat: time.RFC3339Nano})
	emit("logr-localtime.plain.log", &formatters.Plain{EnableCaller: true, TimestampFormat: "2006-01-02 15:04:05.000"})
	emit("logr-crlf.plain.log", &formatters.Plain{EnableCaller: true, LineEnd: "\r\n"})
	emit("logr-nofields.plain.log", &formatters.Plain{DisableFields: true, DisableStacktrace: true})
	emit("logr.default.log", &logr.DefaultFormatter{})
	emit("logr.gelf", &formatters.Gelf{Hostname: "app-1.example.com", EnableCaller: true})
	c := zapcore.EncoderConfig{TimeKey: "ts", LevelKey: "level", NameKey: "logger", CallerKey: "caller", MessageKey: "msg", StacktraceKey: "stacktrace", LineEnding: "\n",
		EncodeLevel: zapcore.LowercaseLevelEncoder, EncodeTime: zapcore.EpochTimeEncoder, EncodeDuration: zapcore.SecondsDurationEncoder, EncodeCaller: zapcore.ShortCallerEncoder}
	zaplog("zap.json.log", zapcore.NewJSONEncoder(c))
	c.EncodeTime = zapcore.ISO8601TimeEncoder
	zaplog("zap.text.log", zapcore.NewConsoleEncoder(c))
	c.EncodeLevel = zapcore.CapitalColorLevelEncoder
	zaplog("zap-color.text.log", zapcore.NewConsoleEncoder(c))
}
