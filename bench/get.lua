-- GET of one job, chosen at random. The requests are made before the run: the client should cost little.
local token, requests, thread = os.getenv("BENCH_TOKEN"), {}, 0

function setup(t)
    thread = thread + 1
    t:set("seed", thread)
end

function init()
    math.randomseed(seed)
    for id = 1, 10000 do
        requests[id] = wrk.format("GET", "/api/v1/interventions/" .. id, { Authorization = "Bearer " .. token })
    end
end

function request()
    return requests[math.random(10000)]
end

-- Answers, those that are no success, seconds, p50 and p99 in microseconds.
function done(summary, latency)
    local e = summary.errors
    io.write(string.format("result %d %d %.3f %d %d\n", summary.requests, e.status + e.connect + e.read + e.write + e.timeout,
        summary.duration / 1e6, latency:percentile(50), latency:percentile(99)))
end
