using Akka.Actor;
using Akka.Cluster.Tools.Singleton;
using DistEmbed.Coordinator.Actors;
using DistEmbed.Coordinator.Cli;
using DistEmbed.Coordinator.Grpc;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DistEmbed.Coordinator.Hosting;

/// <summary>The process of <c>distembed serve</c>: actor system, coordinator singleton, gRPC, metrics, jobs. It coordinates, or stands by for the one that does.</summary>
public static class CoordinatorProcess
{
    /// <summary>
    /// How long after another coordinator is out of the cluster this one takes its place. The one that is cut off finds out by itself, some seconds earlier or later.
    /// The lock of the runs keeps the two apart in any case; this does where a file system keeps no locks.
    /// </summary>
    private static readonly TimeSpan s_removalMargin = TimeSpan.FromSeconds(10);

    /// <summary>How long a job that nobody coordinates any more is given to end before the process ends with it.</summary>
    private static readonly TimeSpan s_endOfJob = TimeSpan.FromSeconds(10);

    /// <summary>Runs until the process is told to end, or can no longer coordinate.</summary>
    /// <param name="options">The node's options.</param>
    /// <param name="runs">Folder of the run directories.</param>
    /// <returns>The exit code, see <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(NodeOptions options, string runs)
    {
        runs = Path.GetFullPath(runs);
        RunsLock.Check(runs);
        await HostAddress.RequireOwnAsync(options.Host).ConfigureAwait(false);
        var end = new TaskCompletionSource<CoordinatorEnd>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var signals = new StopSignals("Stopping: a job under way commits a checkpoint first. Again to end at once.");
        using CancellationTokenRegistration signalled = signals.Token.Register(() => end.TrySetResult(CoordinatorEnd.Told));
        using var meter = new RunMeter();
        var shelf = new ArtifactShelf();
        var inbox = new CheckpointInbox();
        IActorRef? activated = null;
        ClusterJobs? jobs = null;
        var runner = new ClusterRunner(() => Volatile.Read(ref activated), new RunFiles(Path.Combine(options.CacheDirectory, "published"), shelf, inbox), () => jobs!.StoppedBy) { TakenUp = () => jobs!.TakenUp };
        jobs = new ClusterJobs(runs, runner, meter, Log, options.ModelFolder);
        var control = new ClusterControl(options.Cluster, ProductVersion.Text, jobs);
        using ILoggerFactory logs = LoggerFactory.Create(builder => builder.AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Warning)
            .Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        await using MetricsHost? metrics = options.MetricsPort is null ? null
            : await MetricsHost.StartAsync(options, () => control.IsReady, () => control.Coordinator is not null).ConfigureAwait(false);
        await using GrpcDoor door = await GrpcDoor.OpenAsync(
            options, control, logs, services => services.AddSingleton(shelf).AddSingleton(inbox),
            map => map.MapGrpcService<NodeFilesService>().WithMetadata(DoorPolicy.Nodes)).ConfigureAwait(false);
        // While somebody coordinates in this folder there is a cluster to join, even if it is slow to answer.
        ClusterSystem cluster = ClusterSystem.Start(options, () => !RunsLock.IsTaken(runs));
        string files = new HostPort(options.PublicHost, HostPort.Parse(door.Address).Port).ToString();
        await using var turn = new CoordinatorTurn(runs, options.Name, files, Log, exception => end.TrySetResult(new CoordinatorEnd(ExitCode.Failed, exception.Message)));
        var context = new CoordinatorContext(options.Name, options.Cluster, ProductVersion.Text, files, Activated, exception => end.TrySetResult(new CoordinatorEnd(ExitCode.Failed, $"the coordinator failed: {exception.Message}")));
        cluster.System.ActorOf(
            ClusterSingletonManager.Props(
                CoordinatorActor.Props(context), PoisonPill.Instance,
                ClusterSingletonManagerSettings.Create(cluster.System).WithRole(NodeSettings.CoordinatorRole).WithSingletonName(NodeSettings.SingletonName).WithRemovalMargin(s_removalMargin)),
            NodeSettings.CoordinatorActor);
        cluster.System.ActorOf(NodeActor.Props(new NodeJoin(options.Name, NodeRole.Coordinator, NodeProtocol.Version, ProductVersion.Text, null), null, TellOf), "node");
        var addresses = new List<KeyValuePair<string, string>> { new("control", cluster.ControlAddress.ToString()), new("grpc", files) };
        if (metrics is not null)
            addresses.Add(new("metrics", metrics.Address.ToString()));
        Console.Out.WriteLine(new ReadinessLine(NodeRole.Coordinator, options.Name, options.Cluster, addresses));
        Console.Out.Flush();

        await Task.WhenAny(end.Task, cluster.Ended).ConfigureAwait(false);
        CoordinatorEnd how = end.Task.IsCompleted ? await end.Task.ConfigureAwait(false) : CoordinatorEnd.Removed;
        door.SetServing(false);
        bool wasRunning = jobs.Current is not null;
        Task job = jobs.Ended;
        // Without the actors a job cannot be stopped in good order; its last checkpoint is what the next coordinator goes on from.
        if (how.Error is { } error)
            Log($"error: {error}");
        else if (jobs.Close(handOver: cluster.HasPeer()) is { } stopping)
            await stopping.ConfigureAwait(false);
        Task leaving = cluster.LeaveAsync();
        // Until then it may write into the run's directory, and the next coordinator waits for the lock.
        if (await Task.WhenAny(job, Task.Delay(s_endOfJob)).ConfigureAwait(false) == job)
            turn.Release();
        await leaving.ConfigureAwait(false);
        return how is { ExitCode: ExitCode.Done } && wasRunning ? ExitCode.Interrupted : how.ExitCode;

        void Activated(IActorRef? actor)
        {
            Volatile.Write(ref activated, actor);
            control.Coordinator = null;
            door.SetServing(false);
            if (actor is not null)
            {
                turn.Begin(awaited => control.Awaited = awaited, TakeUp);
                return;
            }

            // The turn ends with the process only: as it was told, or because the others have removed it.
            control.Accepted = null;
            turn.Over();
            end.TrySetResult(CoordinatorEnd.Removed);

            void TakeUp()
            {
                Log("this coordinator is the active one");
                // The job of before first: another that is submitted now has to find it under way.
                jobs.TakeUp();
                control.Coordinator = actor;
                door.SetServing(true);
            }
        }

        void TellOf(object message)
        {
            switch (message)
            {
                case NodeAccepted accepted:
                    if (control.Accepted != accepted && accepted.Coordinator != options.Name)
                        Log($"standing by: {accepted.Coordinator} at {accepted.FilesAddress} is the active coordinator");
                    control.Accepted = accepted;
                    break;
                case NodeRefused refused:
                    end.TrySetResult(new CoordinatorEnd(ExitCode.BadInput, $"the active coordinator refuses this one: {refused.Reason}"));
                    break;
                case LeaveCluster:
                    end.TrySetResult(CoordinatorEnd.Told);
                    break;
                case NodeActor.CutOff:
                    end.TrySetResult(new CoordinatorEnd(ExitCode.Failed, "no coordinator of the cluster is active any more, and this one's turn has not come: it has to be started again."));
                    break;
            }
        }
    }

    private static void Log(string line) => Console.Error.WriteLine(line);

    /// <summary>Why the process ends.</summary>
    /// <param name="ExitCode">Its exit code.</param>
    /// <param name="Error">What is wrong; null: it was told to end.</param>
    private sealed record CoordinatorEnd(int ExitCode, string? Error)
    {
        public static readonly CoordinatorEnd Told = new(Cli.ExitCode.Done, null);

        public static readonly CoordinatorEnd Removed = new(Cli.ExitCode.Failed, "the cluster removed this coordinator: another one goes on, or it has to be started again.");
    }
}
