"""The tables: every row of the furniture, every place to wait at, every finder."""

from __future__ import annotations

import pytest

from analyzer.goroutines import read_goroutines
from analyzer.goroutines.body import Frame
from analyzer.goroutines.furniture import CREATORS, FURNITURE, canonical, furniture_of
from analyzer.goroutines.kinds import COMPUTED, ORDER, PLACES, Place, place_of
from analyzer.goroutines.owners import is_own, is_plumbing, own_function, package_of
from analyzer.goroutines.states import STATE_CLASSES, StateClass

WAIT = {
    "io": ("internal/poll.runtime_pollWait", "internal/poll.(*FD).Read", "net.(*conn).Read"),
    "sleep": ("time.Sleep",),
}


@pytest.mark.parametrize(("function", "use"), FURNITURE)
def test_a_row_of_furniture(function: str, use: str) -> None:
    assert canonical(function) == function
    for state in ("io", "select", "channel", "sleep", "syscall", "runnable"):
        assert furniture_of([*WAIT.get(state, ()), function, "net/http.(*conn).serve"], None, state) == use  # type: ignore[arg-type]
        closure = furniture_of([*WAIT.get(state, ()), f"{function}.func1.2"], None, state)  # type: ignore[arg-type]
        assert closure == (None if use == "the main goroutine" else use)
    assert furniture_of(["sync.(*Mutex).Lock", function], None, "lock") is None
    assert furniture_of([function], None, "running") is None
    assert furniture_of([*WAIT["io"], "example.org/plugin.work", function], None, "io") is None
    assert furniture_of(["internal/poll.(*pollDesc).waitWrite", "net.(*conn).Write", function], None, "io") is None


def test_rows_are_unique() -> None:
    assert len({function for function, _ in FURNITURE}) == len(FURNITURE)


@pytest.mark.parametrize(("creator", "use"), CREATORS)
def test_a_row_of_creators(creator: str, use: str) -> None:
    assert furniture_of(["example.org/jobs.(*Worker).Run"], creator, "select") == use
    assert furniture_of(["example.org/jobs.step", "example.org/jobs.(*Worker).Run"], creator, "select") is None
    assert furniture_of(["example.org/jobs.(*Worker).Run"], "main.main", "select") is None


def test_only_main_may_wait_for_ever() -> None:
    assert furniture_of(["main.main"], None, "forever") == "the main goroutine"
    assert furniture_of(["net/http.(*Server).Serve"], None, "forever") is None


def test_the_runtime_is_furniture() -> None:
    assert furniture_of(["runtime.gopark", "runtime.bgsweep"], "runtime.gcenable", "gc") == "the Go runtime"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "github.com/mattermost/mattermost/server/v8/channels/jobs.(*Workers).Start",
            "mattermost/jobs.(*Workers).Start",
        ),
        ("github.com/mattermost/mattermost-server/v6/app.(*Hub).Start.func1", "mattermost/app.(*Hub).Start.func1"),
        ("github.com/mattermost/mattermost/server/public/model.createTask.func1", "mattermost/model.createTask.func1"),
        (
            "github.com/mattermost/mattermost/server/v8/platform/shared/mail.SendMail",
            "mattermost/platform/shared/mail.SendMail",
        ),
        ("github.com/mattermost/logr/v2.(*Logr).start", "github.com/mattermost/logr.(*Logr).start"),
        ("gopkg.in/natefinch/lumberjack%2ev2.(*Logger).millRun", "gopkg.in/natefinch/lumberjack.v2.(*Logger).millRun"),
        ("github.com/jackc/pgx/v5/pgconn.(*PgConn).peekMessage", "github.com/jackc/pgx/pgconn.(*PgConn).peekMessage"),
        ("main.main", "main.main"),
    ],
)
def test_canonical_names(name: str, expected: str) -> None:
    assert canonical(name) == expected


def spelled(name: str) -> str:
    return f"{name}X" if name[-1] in "./(" else name


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place.kind}: {place.title}")
def test_a_place_to_wait_at(place: Place) -> None:
    for function in place.functions:
        below = [spelled(place.below[0])] if place.below else []
        stack = ["internal/poll.runtime_pollWait", spelled(function), *below, "example.org/app.work"]
        for state in STATE_CLASSES:
            found = place_of(stack, state)
            if state in place.states:
                assert found is not None, function
                assert found.kind == place.kind or PLACES.index(found) < PLACES.index(place), function
            else:
                assert found is None or found.kind != place.kind
        assert not place.fits(stack[:1], place.states[0])
        if place.without:
            assert not place.fits([*stack, spelled(place.without[0])], place.states[0])
        if place.below:
            assert not place.fits(stack[:2], place.states[0])


def test_every_function_of_a_place_is_reached_by_its_own_kind() -> None:
    for place in PLACES:
        below = [spelled(place.below[0])] if place.below else []
        kinds = {
            getattr(place_of(["net.f", spelled(function), *below], place.states[0]), "kind", None)
            for function in place.functions
        }
        assert place.kind in kinds


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place.kind}: {place.title}")
def test_severity_grows_with_number_and_time(place: Place) -> None:
    assert place.severity(1, -1) == "info"
    assert place.severity(place.warning, -1) == "warning"
    assert place.severity(place.warning, 3) == "error"
    assert place.severity(place.error, -1) == "error"
    assert place.severity(1, 500) == "info"


def test_every_kind_has_its_place_in_the_order_and_says_what_next() -> None:
    kinds = [place.kind for place in PLACES] + [finding.kind for finding in COMPUTED]
    assert set(kinds) == set(ORDER)
    assert len(ORDER) == len(set(ORDER))
    assert all(len(entry.next) > 40 for entry in (*PLACES, *COMPUTED))


@pytest.mark.parametrize(
    ("function", "file", "own"),
    [
        ("main.f", "/src/main.go", True),
        ("example.org/service.f", "example.org/service/a.go", True),
        ("example.org/lib.f", "example.org/lib@v1.2.3/a.go", False),
        ("example.org/lib.f", "/src/vendor/example.org/lib/a.go", False),
        (
            "github.com/mattermost/mattermost/server/public/model.f",
            "github.com/mattermost/mattermost/server/public@v0.1.1/model/a.go",
            True,
        ),
        ("github.com/mattermost/squirrel.f", "squirrel/a.go", False),
        ("github.com/lib/pq.(*conn).recv", "conn.go", False),
        ("net/http.(*conn).serve", "net/http/server.go", False),
        ("panic", "runtime/panic.go", False),
        ("golang.org/x/sync/errgroup.(*Group).Wait", "errgroup.go", False),
    ],
)
def test_whose_code_it_is(function: str, file: str, own: bool) -> None:
    assert is_own(Frame(function, file, 1)) is own


def test_plumbing_is_passed_over_unless_there_is_nothing_else() -> None:
    wrapper = Frame(
        "github.com/mattermost/mattermost/server/v8/channels/store/sqlstore.(*sqlxDBWrapper).Get", "a.go", 1
    )
    store = Frame("github.com/mattermost/mattermost/server/v8/channels/store/sqlstore.SqlUserStore.Get", "b.go", 2)
    assert is_plumbing(wrapper.function)
    assert is_plumbing("github.com/mattermost/mattermost-server/v6/store/timerlayer.(*TimerLayerUserStore).Get")
    assert own_function([Frame("net.f", "", 0), wrapper, store]) == store.function
    assert own_function([wrapper]) == wrapper.function
    assert own_function([Frame("net.f", "", 0)]) is None


@pytest.mark.parametrize(
    ("function", "package"),
    [
        ("github.com/lib/pq.(*conn).recv", "github.com/lib/pq"),
        ("main.main.func1", "main"),
        ("gopkg.in/natefinch/lumberjack%2ev2.(*Logger).mill", "gopkg.in/natefinch/lumberjack%2ev2"),
        ("net/http.HandlerFunc.ServeHTTP", "net/http"),
        ("example.org/a.f[example.org/b/c.T]", "example.org/a"),
        ("main.f(interface{a/b.X})", "main"),
        ("panic", ""),
    ],
)
def test_package(function: str, package: str) -> None:
    assert package_of(function) == package


def test_a_state_of_the_future_is_no_suspect() -> None:
    text = "goroutine 1 [waiting for godot, 90 minutes]:\nmain.main()\n\t/m.go:1 +0x1\n"
    dump = read_goroutines(text.encode())
    assert dump.suspects().empty
    state: StateClass = "other"
    assert dump.goroutines["state_class"].tolist() == [state]
