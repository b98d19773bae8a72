using System.Text;
using DistEmbed.Coordinator.Control;
using DistEmbed.Protocol;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Messages;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Wire = DistEmbed.Protocol.Control;

namespace DistEmbed.Coordinator.Grpc;

/// <summary>The door's service: checks what is asked, asks the coordinator, answers. What it throws, <see cref="CallErrors"/> turns into a status.</summary>
internal sealed class TrainingControlService(ITrainingControl control, IHostApplicationLifetime life, DoorLog log, TimeProvider time)
    : Wire.TrainingControl.TrainingControlBase
{
    private const int LongestJob = 1024 * 1024;
    private const int MostSettings = 1000;
    private const int ChunkBytes = 64 * 1024;
    private const int ShortestInterval = 100, DefaultInterval = 1000, LongestInterval = 60_000;

    // Far more than each takes: whoever has waited as long is told so, instead of waiting for ever.
    private static readonly TimeSpan s_statusLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_commandLimit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_submitLimit = TimeSpan.FromMinutes(10);

    public override async Task<Wire.SubmitReply> Submit(Wire.SubmitRequest request, ServerCallContext context)
    {
        int bytes = Encoding.UTF8.GetByteCount(request.JobJson);
        if (bytes > LongestJob)
            throw new InvalidInputException("job", $"has {bytes} bytes of text.", $"Give at most {LongestJob}.");
        if (request.Settings.Count > MostSettings)
            throw new InvalidInputException("--set", $"is given {request.Settings.Count} times.", $"Give at most {MostSettings}, and the others in the job file.");
        if (request.HasRunDirectory)
            RunFileName.CheckRun(request.RunDirectory);
        if (request.HasFolder && !Path.IsPathFullyQualified(request.Folder))
            throw new InvalidInputException("folder", "is no full path.", "Give the full path of a folder of the coordinator's machine.");
        var origin = new JobOrigin(JobOrigin.NameOf(request.JobName + ".json"), request.HasFolder ? request.Folder : Path.GetFullPath("."));
        string who = Caller.Of(context);
        string directory = await Within(s_submitLimit, context, cancel => control.SubmitAsync(
            request.JobJson, [.. request.Settings], request.HasRunDirectory ? request.RunDirectory : null, origin, who, cancel)).ConfigureAwait(false);
        log.Done(who, $"submitted a job, {directory}");
        return new Wire.SubmitReply { RunDirectory = directory };
    }

    public override async Task<Wire.ClusterStatus> GetStatus(Wire.GetStatusRequest request, ServerCallContext context) =>
        (await Within(s_statusLimit, context, control.GetStatusAsync).ConfigureAwait(false)).ToWire();

    public override async Task WatchStatus(Wire.WatchStatusRequest request, IServerStreamWriter<Wire.ClusterStatus> responseStream, ServerCallContext context)
    {
        int interval = request.IntervalMilliseconds == 0 ? DefaultInterval : request.IntervalMilliseconds;
        if (interval is < ShortestInterval or > LongestInterval)
            throw new InvalidInputException("interval_milliseconds", $"is {interval}.", $"Give {ShortestInterval} to {LongestInterval}, or 0 for {DefaultInterval}.");
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, life.ApplicationStopping);
        using var ticks = new PeriodicTimer(TimeSpan.FromMilliseconds(interval), time);
        try
        {
            do
            {
                Wire.ClusterStatus status = (await Within(s_statusLimit, context, control.GetStatusAsync).ConfigureAwait(false)).ToWire();
                // Ends when the reader has room for it, so at most one status waits, and ticks that pass meanwhile are one.
                await responseStream.WriteAsync(status, ends.Token).ConfigureAwait(false);
            }
            while (await ticks.WaitForNextTickAsync(ends.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (life.ApplicationStopping.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The coordinator ends."));
        }
    }

    public override Task<Wire.CommandReply> Pause(Wire.PauseRequest request, ServerCallContext context) => Command(new PauseRun(Caller.Of(context)), "pause", context);

    public override Task<Wire.CommandReply> Resume(Wire.ResumeRequest request, ServerCallContext context) => Command(new ResumeRun(Caller.Of(context)), "resume", context);

    public override Task<Wire.CommandReply> Checkpoint(Wire.CheckpointRequest request, ServerCallContext context) =>
        Command(new TakeCheckpoint(Caller.Of(context)), "checkpoint", context);

    public override Task<Wire.CommandReply> Stop(Wire.StopRequest request, ServerCallContext context) => Command(new StopRun(Caller.Of(context)), "stop", context);

    public override Task<Wire.CommandReply> ChangeFreeze(Wire.ChangeFreezeRequest request, ServerCallContext context)
    {
        Required("group", request.Group);
        string what = $"{(request.Frozen ? "freeze" : "thaw")} {request.Group}";
        return Command(new ChangeGroup(request.Group, request.Frozen, null, Caller.Of(context), time.GetUtcNow()), what, context);
    }

    public override Task<Wire.CommandReply> SetLearningRate(Wire.SetLearningRateRequest request, ServerCallContext context)
    {
        Required("group", request.Group);
        if (!double.IsFinite(request.LearningRate) || request.LearningRate < 0)
            throw new InvalidInputException("learning_rate", $"is {request.LearningRate}.", "Give a finite number that is not negative.");
        string what = $"learning rate {request.LearningRate} of {request.Group}";
        return Command(new ChangeGroup(request.Group, null, request.LearningRate, Caller.Of(context), time.GetUtcNow()), what, context);
    }

    public override Task<Wire.CommandReply> BeginNextPhase(Wire.BeginNextPhaseRequest request, ServerCallContext context) =>
        Command(new NextPhase(Caller.Of(context), time.GetUtcNow()), "next phase", context);

    public override async Task<Wire.DrainReply> Drain(Wire.DrainRequest request, ServerCallContext context)
    {
        Required("node", request.Node);
        string who = Caller.Of(context);
        await Within(s_commandLimit, context, async cancel =>
        {
            await control.DrainAsync(request.Node, who, cancel).ConfigureAwait(false);
            return 0;
        }).ConfigureAwait(false);
        log.Done(who, $"drain {request.Node}");
        return new Wire.DrainReply();
    }

    public override Task<Wire.ListArtifactsReply> ListArtifacts(Wire.ListArtifactsRequest request, ServerCallContext context) => Task.FromResult(new Wire.ListArtifactsReply
    {
        Artifacts = { Files(request.Run).Select(file => new Wire.Artifact { Name = file.Name, Length = file.Length }) },
    });

    public override async Task DownloadArtifact(Wire.DownloadArtifactRequest request, IServerStreamWriter<Wire.ArtifactChunk> responseStream, ServerCallContext context)
    {
        RunFileName.CheckFile(request.Name);
        // Only what the list tells can be opened, whatever the name leads to.
        if (!Files(request.Run).Any(file => file.Name == request.Name))
            throw NotFound($"Run '{request.Run}' has no file '{request.Name}': list its files with 'distembed artifacts {request.Run}'.");
        using Stream file = Open(request.Run, request.Name);
        long length = file.Length;
        byte[] buffer = new byte[ChunkBytes];
        long offset = 0;
        do
        {
            int wanted = (int)Math.Min(ChunkBytes, length - offset);
            int read = await file.ReadAtLeastAsync(buffer.AsMemory(0, wanted), wanted, throwOnEndOfStream: false, context.CancellationToken).ConfigureAwait(false);
            if (read < wanted)
                throw new RpcException(new Status(StatusCode.DataLoss, $"The file '{request.Name}' was cut to {offset + read} of {length} bytes while it was read. Try again."));
            var chunk = new Wire.ArtifactChunk { Length = length, Offset = offset, Data = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, read)) };
            await responseStream.WriteAsync(chunk, context.CancellationToken).ConfigureAwait(false);
            offset += read;
        }
        while (offset < length);
    }

    private static void Required(string field, string value)
    {
        if (string.IsNullOrWhiteSpace(value))
            throw new InvalidInputException(field, "is missing.", "Give its name, as the status tells it.");
    }

    private static RpcException NotFound(string message) => new(new Status(StatusCode.NotFound, message));

    private static async Task<T> Within<T>(TimeSpan limit, ServerCallContext context, Func<CancellationToken, Task<T>> ask)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        waiting.CancelAfter(limit);
        return await ask(waiting.Token).WaitAsync(waiting.Token).ConfigureAwait(false);
    }

    private async Task<Wire.CommandReply> Command(object command, string what, ServerCallContext context)
    {
        string who = Caller.Of(context);
        int step = await Within(s_commandLimit, context, cancel => control.CommandAsync(command, cancel)).ConfigureAwait(false);
        log.Done(who, $"{what}, from step {step}");
        return new Wire.CommandReply { Step = step };
    }

    private IReadOnlyList<(string Name, long Length)> Files(string run)
    {
        RunFileName.CheckRun(run);
        try
        {
            return control.ListArtifacts(run);
        }
        catch (InvalidInputException unknown)
        {
            throw NotFound(unknown.Message);
        }
    }

    private Stream Open(string run, string name)
    {
        try
        {
            return control.OpenArtifact(run, name);
        }
        catch (Exception gone) when (gone is InvalidInputException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw NotFound($"Run '{run}' has no file '{name}' any more.");
        }
    }
}
