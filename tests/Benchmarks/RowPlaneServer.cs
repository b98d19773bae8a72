using System.Diagnostics;
using System.Globalization;
using Akka.Actor;
using DistEmbed.ParameterServer.Actors;
using DistEmbed.ParameterServer.Rows;
using DistEmbed.Protocol.Messages;
using DistEmbed.Protocol.Node;
using DistEmbed.Protocol.Sharding;

namespace DistEmbed.Benchmarks;

/// <summary>The other process of <see cref="RowPlane"/>. It is told by lines which step of which run is settled, and ends with its input.</summary>
internal sealed class RowPlaneServer : IDisposable
{
    private readonly Process _process;

    private RowPlaneServer(Process process, string rowAddress, int plainPort) => (_process, RowAddress, PlainPort) = (process, rowAddress, plainPort);

    public string RowAddress { get; }

    public int PlainPort { get; }

    /// <summary>Processor time that this process and the other have taken so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return Environment.CpuUsage.TotalTime + _process.TotalProcessorTime;
        }
    }

    public static RowPlaneServer Start(int dimension, int shards)
    {
        string program = Environment.ProcessPath!;
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
            start.ArgumentList.Add(typeof(RowPlaneServer).Assembly.Location);
        foreach (string argument in new[] { "row-plane", "--serve", "true", "--dimension", dimension.ToString(CultureInfo.InvariantCulture), "--shards", shards.ToString(CultureInfo.InvariantCulture) })
            start.ArgumentList.Add(argument);
        Process process = Process.Start(start)!;
        string[] addresses = (process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("the server process has ended")).Split(' ');
        return new RowPlaneServer(process, addresses[0], int.Parse(addresses[1], CultureInfo.InvariantCulture));
    }

    public static async Task ServeAsync(int dimension, int shards)
    {
        using ActorSystem system = ActorSystem.Create("server", "akka.loglevel = WARNING");
        using RowPlaneListener listener = RowPlaneListener.Start(system, Options("server"));
        var runs = new Dictionary<string, IActorRef[]>();
        foreach ((RowPlaneCase @case, bool local) in RowPlane.Cases(dimension, shards).SelectMany(c => new[] { (c, true), (c, false) }))
        {
            string name = RunName(@case, local);
            IActorRef coordinator = system.ActorOf(Props.Create(() => new Watcher()));
            ShardMap map = ShardMap.Even(shards);
            IActorRef[] run = [.. Enumerable.Range(0, shards).Select(shard => system.ActorOf(ShardActor.Props(shard, map, @case.Plans(), @case.Training, 1, coordinator)))];
            listener.Host(name, map.Epoch, [dimension], Enumerable.Range(0, shards).ToDictionary(shard => shard, shard => run[shard]));
            runs[name] = run;
        }

        using var plain = PlainSocket.Listen(out int port);
        Console.WriteLine($"{listener.Address} {port}");
        while (await Console.In.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            string[] settled = line.Split(' ');
            foreach (IActorRef shard in runs[settled[0]])
            {
                if (settled.Length == 1)
                    system.Stop(shard);
                else
                    shard.Tell(new StepsSettled(int.Parse(settled[1], CultureInfo.InvariantCulture)));
            }
        }
    }

    public static NodeOptions Options(string name, bool local = true) => new() { Role = NodeRole.Server, Name = name, CacheDirectory = Path.GetTempPath(), LocalSockets = local };

    public static string RunName(RowPlaneCase @case, bool local) => local ? @case.Name : $"{@case.Name}-tcp";

    public void Settle(string run, int step)
    {
        lock (_process)
        {
            _process.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{run} {step}"));
            _process.StandardInput.Flush();
        }
    }

    public void End(string run)
    {
        lock (_process)
        {
            _process.StandardInput.WriteLine(run);
            _process.StandardInput.Flush();
        }
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(10_000))
            _process.Kill();
        _process.Dispose();
    }

    private sealed class Watcher : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            if (message is not NodeFailed failed)
                return;
            Console.Error.WriteLine(failed.Reason);
            Environment.Exit(1);
        }
    }
}
