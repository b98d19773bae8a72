using Akka.Actor;
using DistEmbed.Coordinator.Actors;
using DistEmbed.Coordinator.Control;
using DistEmbed.Coordinator.Run;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;

namespace DistEmbed.Coordinator.Hosting;

/// <summary>What the door asks, put to the job and to the actors of this process. Asking is done here, at the edge, and nowhere inside.</summary>
/// <param name="cluster">Name of the cluster.</param>
/// <param name="version">Version of the program.</param>
/// <param name="jobs">The jobs.</param>
public sealed class ClusterControl(string cluster, string version, ClusterJobs jobs) : ITrainingControl
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_runPatience = TimeSpan.FromSeconds(1);

    // A link in a run's directory may lead anywhere on this machine: it is neither listed nor followed.
    private static readonly EnumerationOptions s_ownFiles = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = false };

    private volatile IActorRef? _coordinator;
    private volatile NodeAccepted? _accepted;
    private volatile string? _awaited;

    /// <summary>The coordinator's actor while this process is the one that coordinates and has the folder of runs for itself.</summary>
    public IActorRef? Coordinator
    {
        get => _coordinator;
        set => _coordinator = value;
    }

    /// <summary>What the active coordinator said of itself, which may be this one; null: none has been heard of.</summary>
    public NodeAccepted? Accepted
    {
        get => _accepted;
        set => _accepted = value;
    }

    /// <summary>What this process waits for before it coordinates, since its turn has come; null: nothing.</summary>
    public string? Awaited
    {
        get => _awaited;
        set => _awaited = value;
    }

    /// <summary>Whether it coordinates or stands by, as it should.</summary>
    public bool IsReady => _coordinator is not null || (_awaited is null && _accepted is not null);

    /// <inheritdoc/>
    public Task<string> SubmitAsync(string jobJson, IReadOnlyList<string> settings, string? runDirectory, JobOrigin origin, string who, CancellationToken cancel)
    {
        Active();
        return jobs.SubmitAsync(jobJson, settings, runDirectory, origin, cancel);
    }

    /// <inheritdoc/>
    public async Task<ClusterStatus> GetStatusAsync(CancellationToken cancel)
    {
        ClusterPicture now = await AskAsync<ClusterPicture>(Active(), new GetCluster(), cancel).ConfigureAwait(false);
        RunProgress? progress = null;
        if (now.Run is { } run)
            progress = await ProgressOf(run, cancel).ConfigureAwait(false);
        (string RunDirectory, string Job, string? Stage, string State)? job = jobs.Current;
        string state = job switch
        {
            null => "idle",
            { State: "running" } when now.Stage is null => "finishing",
            { State: "running" } when now.Run is null => now.Attempt > 1 ? "recovering" : "waiting",
            { } active => active.State,
        };
        return new ClusterStatus
        {
            Cluster = cluster,
            Version = version,
            State = state,
            Nodes = now.Nodes,
            RunDirectory = job?.RunDirectory,
            Job = job?.Job,
            Stage = job?.Stage,
            Attempt = now.Attempt,
            Run = progress,
            Awaited = now.Awaited,
            LastEnded = jobs.LastEnded,
            Drift = jobs.Drift,
        };
    }

    /// <inheritdoc/>
    public async Task<int> CommandAsync(object command, CancellationToken cancel)
    {
        if (command is StopRun stop)
        {
            Active();
            if (jobs.Stop(stop.Who) is null)
                throw new CommandRefusedException("no job is under way.");
            return 0;
        }

        ClusterPicture now = await AskAsync<ClusterPicture>(Active(), new GetCluster(), cancel).ConfigureAwait(false);
        if (now.Run is not { } run)
            throw new CommandRefusedException(jobs.Current is null ? "no job is under way." : "the job does not train yet: ask for the status to see what it waits for.");
        return StepOf(await AskAsync<object>(run, command, cancel).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public async Task DrainAsync(string node, string who, CancellationToken cancel) =>
        StepOf(await AskAsync<object>(Active(), new DrainNode(node, who), cancel).ConfigureAwait(false));

    /// <inheritdoc/>
    public IReadOnlyList<(string Name, long Length)> ListArtifacts(string run)
    {
        string root = jobs.PathOf(run);
        return [.. Directory.EnumerateFiles(root, "*", s_ownFiles)
            .Select(path => (Path.GetRelativePath(root, path).Replace('\\', '/'), new FileInfo(path).Length))
            .OrderBy(file => file.Item1, StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public Stream OpenArtifact(string run, string name)
    {
        // Only what is listed: a name cannot lead out of the run's directory.
        if (!ListArtifacts(run).Any(file => file.Name == name))
            throw new InvalidInputException("name", $"run '{run}' has no file '{name}'.", "List the files: distembed artifacts RUN.");
        return new FileStream(Path.Combine(jobs.PathOf(run), name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
    }

    private static async Task<RunProgress?> ProgressOf(IActorRef run, CancellationToken cancel)
    {
        try
        {
            return await run.Ask<RunProgress>(new RunActor.GetRunProgress(), s_runPatience, cancel).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            return null; // it ended meanwhile
        }
    }

    private static async Task<T> AskAsync<T>(IActorRef actor, object message, CancellationToken cancel)
    {
        try
        {
            return await actor.Ask<T>(message, s_patience, cancel).ConfigureAwait(false);
        }
        catch (AskTimeoutException late)
        {
            throw new TimeoutException($"the coordinator has not answered within {s_patience.TotalSeconds} s", late);
        }
    }

    private static int StepOf(object answer) => answer switch
    {
        CommandAccepted accepted => accepted.Step,
        CommandRefused refused => throw new CommandRefusedException(refused.Reason),
        _ => throw new InvalidOperationException($"{answer.GetType().Name} is no answer to a command"),
    };

    private IActorRef Active() => _coordinator ?? throw new StandsByException(
        _awaited is { } awaited ? $"this coordinator is about to take over and waits: {awaited}"
        : _accepted is { } active ? $"this coordinator stands by; the active one is {active.Coordinator} at {active.FilesAddress}: ask there, or give the --address of each."
        : "this coordinator stands by, and does not know of an active one yet: try again in a minute, or ask another.");
}
