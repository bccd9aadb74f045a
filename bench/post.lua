-- A new job on a machine chosen at random, each with an idempotency key of its own.
local token, count, thread = os.getenv("BENCH_TOKEN"), 0, 0
local body = os.getenv("BENCH_BODY")

function setup(t)
    thread = thread + 1
    t:set("seed", thread)
end

function init()
    math.randomseed(seed)
end

function request()
    count = count + 1
    return wrk.format("POST", "/api/v1/interventions", {
        Authorization = "Bearer " .. token,
        ["Content-Type"] = "application/json",
        ["Idempotency-Key"] = os.getenv("BENCH_RUN") .. "-" .. seed .. "-" .. count,
    }, (body:gsub("EQUIPEMENT", 300000 + math.random(2400))))
end

-- Answers, those that are no success, seconds, p50 and p99 in microseconds.
function done(summary, latency)
    local e = summary.errors
    io.write(string.format("result %d %d %.3f %d %d\n", summary.requests, e.status + e.connect + e.read + e.write + e.timeout,
        summary.duration / 1e6, latency:percentile(50), latency:percentile(99)))
end
