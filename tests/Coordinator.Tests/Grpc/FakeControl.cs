using DistEmbed.Coordinator.Control;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;

namespace DistEmbed.Coordinator.Tests.Grpc;

/// <summary>A coordinator that notes what it is asked and answers what a test says. Its one run, <c>kim-1</c>, has files; nothing outside can be asked of it.</summary>
internal sealed class FakeControl : ITrainingControl
{
    public const string Run = "kim-1";

    private readonly Lock _lock = new();
    private readonly List<object> _asked = [];
    private int _statuses;

    public Dictionary<string, byte[]> Files { get; } = new() { ["result.json"] = "{}"u8.ToArray(), ["empty"] = [], ["checkpoints/step-5/shard-0"] = new byte[200_000] };

    /// <summary>Thrown by every call but the files'; null: they work.</summary>
    public Exception? Failure { get; set; }

    public Func<ClusterStatus> Status { get; set; } = () => Statuses.Idle;

    public int StatusCalls => Volatile.Read(ref _statuses);

    public object[] Asked
    {
        get
        {
            lock (_lock)
                return [.. _asked];
        }
    }

    public async Task<string> SubmitAsync(string jobJson, IReadOnlyList<string> settings, string? runDirectory, JobOrigin origin, string who, CancellationToken cancel)
    {
        await Answer((jobJson, string.Join(';', settings), runDirectory, who)).ConfigureAwait(false);
        return runDirectory ?? Run;
    }

    public async Task<ClusterStatus> GetStatusAsync(CancellationToken cancel)
    {
        Interlocked.Increment(ref _statuses);
        if (Failure is { } failure)
            throw failure;
        await Task.Yield();
        return Status();
    }

    public async Task<int> CommandAsync(object command, CancellationToken cancel)
    {
        await Answer(command).ConfigureAwait(false);
        return 41;
    }

    public Task DrainAsync(string node, string who, CancellationToken cancel) => Answer((node, who));

    public IReadOnlyList<(string Name, long Length)> ListArtifacts(string run) => run == Run
        ? [.. Files.Select(f => (f.Key, (long)f.Value.Length))]
        : throw new InvalidInputException("run", $"there is no run '{run}'.", "See the list.");

    public Stream OpenArtifact(string run, string name)
    {
        lock (_lock)
            _asked.Add($"open {run} {name}");
        return new MemoryStream(Files[name]);
    }

    private async Task Answer(object asked)
    {
        await Task.Yield();
        if (Failure is { } failure)
            throw failure;
        lock (_lock)
            _asked.Add(asked);
    }
}
