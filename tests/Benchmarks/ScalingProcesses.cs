using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using DistEmbed.Protocol.Control;
using DistEmbed.Protocol.Node;
using DistEmbed.Worker.Corpus;
using Grpc.Net.Client;
using static System.FormattableString;

namespace DistEmbed.Benchmarks;

/// <summary>Examples a second of a cluster of real processes on this machine, with one and with two workers, and how long the door takes to say how it stands.</summary>
internal static class ScalingProcesses
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(5);

    public static async Task RunAsync(BenchmarkArguments arguments)
    {
        int rounds = arguments.Int("rounds", 3), steps = arguments.Int("steps", 400), dimension = arguments.Int("dimension", 300), batch = arguments.Int("batch", 50), shards = arguments.Int("shards", 1), slices = arguments.Int("slices", 2);
        int staleness = arguments.Int("staleness", 0), skip = arguments.Int("skip", 20);
        arguments.ThrowIfUnknown();
        if (skip >= steps)
            throw new ArgumentException($"--skip {skip}: a run has {steps} steps only (--steps)");
        string folder = Directory.CreateTempSubdirectory("distembed-scaling-").FullName;
        var processes = new List<Process>();
        try
        {
            File.WriteAllText(Path.Combine(folder, "train.txt"), Sentences(4000));
            File.WriteAllText(Path.Combine(folder, "job.json"), Job(steps, dimension, batch, slices, shards, staleness));
            ReadinessLine coordinator = await StartAsync(processes, folder, "distembed", "serve", "--port", "0", "--cluster-port", "0", "--cache", "cache-c");
            string seed = coordinator.AddressOf("control")!, address = coordinator.AddressOf("grpc")!;
            await StartAsync(processes, folder, "distembed-ps", "--seed", seed, "--cache", "cache-s");
            await StartAsync(processes, folder, "distembed-worker", "--seed", seed, "--cache", "cache-1");
            using GrpcChannel channel = GrpcChannel.ForAddress($"http://{address}");
            var door = new TrainingControl.TrainingControlClient(channel);
            var latencies = new List<double>();
            await JobAsync(folder, address, 1, skip, door, latencies); // compiles what the others run
            var one = new List<double>();
            var two = new List<double>();
            for (int round = 0; round < rounds; round++)
            {
                one.Add(await JobAsync(folder, address, 1, skip, door));
                int before = processes.Count;
                await StartAsync(processes, folder, "distembed-worker", "--seed", seed, "--cache", "cache-2");
                await JobAsync(folder, address, 2, skip, door, latencies); // the process is new, and compiles: for seconds all that it does, for a minute what it does once a second
                two.Add(await JobAsync(folder, address, 2, skip, door));
                await LeaveAsync(processes[before], door);
                processes.RemoveAt(before);
            }

            double[] ratios = [.. one.Zip(two, (a, b) => b / a).Order()];
            latencies.Sort();
            Console.WriteLine(Invariant($"text-cnn 3 x 100 maps, batch {batch} in {slices} slices, {dimension} numbers a word, Adadelta, {(staleness == 0 ? "sync" : $"staleness {staleness}")}, {steps} steps a run, the first {skip} not counted, {rounds} runs each in turn; 1 server, shards: {shards}, {Environment.ProcessorCount} processors"));
            Console.WriteLine();
            Console.WriteLine("| | examples a second | ratio |");
            Console.WriteLine("| --- | --- | --- |");
            Console.WriteLine(Invariant($"| 1 worker process | {Median(one):0} | 1 |"));
            Console.WriteLine(Invariant($"| 2 worker processes | {Median(two):0} | {Median([.. ratios]):0.00} ({ratios[0]:0.00} to {ratios[^1]:0.00}) |"));
            Console.WriteLine();
            Console.WriteLine(Invariant($"GetStatus while training, {latencies.Count} calls: median {Median(latencies):0.0} ms, 99 of 100 within {latencies[(int)(latencies.Count * 0.99)]:0.0} ms, the slowest {latencies[^1]:0.0} ms"));
        }
        finally
        {
            foreach (Process process in processes.ToArray())
            {
                processes.Remove(process);
                process.Kill(entireProcessTree: true);
                process.Dispose();
            }

            Directory.Delete(folder, recursive: true);
        }
    }

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private static async Task<ReadinessLine> StartAsync(List<Process> processes, string folder, string program, params string[] arguments)
    {
        Process process = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, program + ".dll"), .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
        })!;
        processes.Add(process);
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            if (processes.Contains(process) && !process.HasExited)
                process.Kill(entireProcessTree: true);
        };
        while (await process.StandardOutput.ReadLineAsync().WaitAsync(s_deadline) is { } line)
        {
            if (!ReadinessLine.TryParse(line, out ReadinessLine? ready))
                continue;
            _ = process.StandardOutput.ReadToEndAsync(); // an unread pipe would stop the process in the end
            return ready;
        }

        throw new InvalidOperationException($"{program} ended before it was ready");
    }

    private static async Task LeaveAsync(Process worker, TrainingControl.TrainingControlClient door)
    {
        using (Process kill = Process.Start("kill", ["-TERM", worker.Id.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync();
        await worker.WaitForExitAsync().WaitAsync(s_deadline);
        worker.Dispose();
        long start = Stopwatch.GetTimestamp();
        while ((await door.GetStatusAsync(new GetStatusRequest())).Nodes.Count(node => node.Role != NodeRole.Coordinator) > 2)
        {
            if (Stopwatch.GetElapsedTime(start) > s_deadline)
                throw new TimeoutException("a worker that left is still a node");
            await Task.Delay(100);
        }
    }

    /// <summary>Runs the job and asks how it stands: twenty times a second where latencies are wanted, else twice, since whoever asks takes processor time from who computes.</summary>
    /// <returns>Examples a second, between its first and last status that shows training after the steps that are skipped.</returns>
    private static async Task<double> JobAsync(string folder, string address, int workers, int skip, TrainingControl.TrainingControlClient door, List<double>? latencies = null)
    {
        using Process submit = Process.Start(new ProcessStartInfo(
            "dotnet",
            [Path.Combine(AppContext.BaseDirectory, "distembed.dll"), "submit", "job.json", "--address", address, "--set", Invariant($"cluster.workers={workers}"), "--follow"])
        { WorkingDirectory = folder, RedirectStandardOutput = true })!;
        Task<string> output = submit.StandardOutput.ReadToEndAsync();
        (double Seconds, long Examples)? first = null, last = null;
        while (!submit.HasExited)
        {
            long start = Stopwatch.GetTimestamp();
            ClusterStatus status = (await door.GetStatusAsync(new GetStatusRequest()));
            double took = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            if (status.Run is { Phase: "training" } run && run.Step > skip)
            {
                latencies?.Add(took);
                first ??= (run.Seconds, run.Totals.Examples);
                last = (run.Seconds, run.Totals.Examples);
            }

            await Task.Delay(latencies is null ? 500 : 50);
        }

        if (submit.ExitCode != 0 || first is not { } from || last is not { } to || to.Seconds <= from.Seconds)
            throw new InvalidOperationException($"the job ended with {submit.ExitCode}: {await output}");
        return (to.Examples - from.Examples) / (to.Seconds - from.Seconds);
    }

    /// <summary>The sentences of the other benchmarks, as text.</summary>
    private static string Sentences(int count)
    {
        ExampleSet sentences = new SyntheticSentences(1, count, 1, 16_000, SyntheticSentences.OwnRow).Data;
        var text = new StringBuilder();
        for (int i = 0; i < sentences.Count; i++)
        {
            text.Append(sentences.Label(i) == 0 ? "one" : "two");
            foreach (int word in sentences.Tokens(i))
                text.Append(CultureInfo.InvariantCulture, $" w{word}");
            text.Append('\n');
        }

        return text.ToString();
    }

    private static string Job(int steps, int dimension, int batch, int slices, int shards, int staleness) => JsonSerializer.Serialize(new
    {
        name = "scaling",
        data = new { format = "labelled-lines", train = "train.txt", devFraction = 0, testFraction = 0 },
        vectors = new { dimension },
        model = new { kind = "text-cnn", channels = "rand", maps = 100 },
        optimizers = new Dictionary<string, object> { ["default"] = new { kind = "adadelta", untouched = "exact" } },
        training = new { batch, slices, steps, consistency = staleness == 0 ? "sync" : "bounded", staleness = staleness == 0 ? (int?)null : staleness },
        evaluation = new { keepBest = false },
        cluster = new { shards },
        report = new { tensorBoard = false },
    });
}
