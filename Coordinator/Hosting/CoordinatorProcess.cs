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

/// <summary>The process of <c>distembed serve</c>: actor system, coordinator singleton, gRPC, metrics, jobs.</summary>
public static class CoordinatorProcess
{
    /// <summary>Runs until the process is told to end, or can no longer coordinate.</summary>
    /// <param name="options">The node's options.</param>
    /// <param name="runs">Folder of the run directories.</param>
    /// <returns>The exit code, see <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(NodeOptions options, string runs)
    {
        var failed = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var signals = new StopSignals("Stopping: a job under way commits a checkpoint first. Again to end at once.");
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration signalled = signals.Token.Register(() => told.TrySetResult());
        using var meter = new RunMeter();
        var shelf = new ArtifactShelf();
        var inbox = new CheckpointInbox();
        ClusterControl? control = null;
        ClusterJobs? jobs = null;
        var runner = new ClusterRunner(() => control!.Coordinator, new RunFiles(Path.Combine(options.CacheDirectory, "published"), shelf, inbox), () => jobs!.StoppedBy);
        jobs = new ClusterJobs(Path.GetFullPath(runs), runner, meter, Log);
        control = new ClusterControl(options.Cluster, ProductVersion.Text, jobs);
        using ILoggerFactory logs = LoggerFactory.Create(builder => builder.AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Warning)
            .Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace));
        await using MetricsHost? metrics = options.MetricsPort is null ? null : await MetricsHost.StartAsync(options, () => control.Coordinator is not null).ConfigureAwait(false);
        await using GrpcDoor door = await GrpcDoor.OpenAsync(
            options, control, logs, services => services.AddSingleton(shelf).AddSingleton(inbox),
            map => map.MapGrpcService<NodeFilesService>().WithMetadata(DoorPolicy.Nodes)).ConfigureAwait(false);
        ClusterSystem cluster = ClusterSystem.Start(options);
        string files = new HostPort(options.PublicHost, HostPort.Parse(door.Address).Port).ToString();
        var context = new CoordinatorContext(options.Name, options.Cluster, ProductVersion.Text, files, Activated, exception => failed.TrySetResult(exception));
        cluster.System.ActorOf(
            ClusterSingletonManager.Props(
                CoordinatorActor.Props(context), PoisonPill.Instance,
                ClusterSingletonManagerSettings.Create(cluster.System).WithRole(NodeSettings.CoordinatorRole).WithSingletonName(NodeSettings.SingletonName)),
            NodeSettings.CoordinatorActor);
        var addresses = new List<KeyValuePair<string, string>> { new("control", cluster.ControlAddress.ToString()), new("grpc", files) };
        if (metrics is not null)
            addresses.Add(new("metrics", metrics.Address.ToString()));
        Console.Out.WriteLine(new ReadinessLine(NodeRole.Coordinator, options.Name, options.Cluster, addresses));
        Console.Out.Flush();

        Task ended = await Task.WhenAny(told.Task, failed.Task, cluster.Ended).ConfigureAwait(false);
        door.SetServing(false);
        bool wasRunning = jobs.Current is not null;
        // Without the actors a job cannot be stopped in good order; its last checkpoint is what the next coordinator goes on from.
        if (ended == told.Task && jobs.Stop(forGood: false) is { } stopping)
            await stopping.ConfigureAwait(false);
        if (ended == failed.Task)
            Log($"error: the coordinator failed: {(await failed.Task.ConfigureAwait(false)).Message}");
        else if (ended == cluster.Ended)
            Log("error: the cluster removed this coordinator: another one goes on, or it has to be started again.");
        if (ended != cluster.Ended)
            await cluster.LeaveAsync().ConfigureAwait(false);
        return ended != told.Task ? ExitCode.Failed : wasRunning ? ExitCode.Interrupted : ExitCode.Done;

        void Activated(IActorRef? actor)
        {
            control.Coordinator = actor;
            door.SetServing(actor is not null);
            if (actor is not null)
                Task.Run(jobs.TakeUp); // reads files, which an actor must not wait for
        }
    }

    private static void Log(string line) => Console.Error.WriteLine(line);
}
