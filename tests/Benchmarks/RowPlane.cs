using System.Globalization;
using DistEmbed.Protocol.Jobs;
using static System.FormattableString;

namespace DistEmbed.Benchmarks;

/// <summary>
/// Rows between two processes: the workers' actors and the row plane's client in this one, listener, shard and store in the other, by the Unix socket that processes
/// of one machine take and by TCP, against plain TCP sockets between the same two that move as many bytes. There is no model: what is computed takes no time.
/// </summary>
internal static class RowPlane
{
    public static readonly SgdSpec Optimizer = new() { LearningRate = 0.001 };

    public static IEnumerable<RowPlaneCase> Cases(int dimension, int shards) =>
        from workers in new[] { 1, 3 }
        from rows in new[] { 600, 4000 }
        from consistency in new[] { Consistency.Sync, Consistency.Async }
        select new RowPlaneCase(workers, rows, dimension, consistency, shards);

    public static async Task RunAsync(BenchmarkArguments arguments)
    {
        int blocks = arguments.Int("blocks", 7), megabytes = arguments.Int("megabytes", 400), dimension = arguments.Int("dimension", 300), shards = arguments.Int("shards", 1);
        int warmUp = arguments.Int("warm-up", 3);
        string[]? only = arguments.Names("only");
        bool serve = arguments.Flag("serve", false);
        arguments.ThrowIfUnknown();
        if (serve)
        {
            await RowPlaneServer.ServeAsync(dimension, shards).ConfigureAwait(false);
            return;
        }

        using RowPlaneServer server = RowPlaneServer.Start(dimension, shards);
        Console.WriteLine(Invariant(
            $"pull and push, {dimension} numbers a row, SGD, 1 server of {shards} {(shards == 1 ? "shard" : "shards")} in another process, {RowPlaneCase.SlicesAWorker} slices a step and worker, 2 of them pulled ahead; {blocks} blocks of about {megabytes} MB"));
        Console.WriteLine();
        Console.WriteLine("| workers | rows a slice | consistency | row plane, MB/s | over TCP | plain sockets, one a worker | one plain socket | ratio | to one | TCP: ratio | to one | processor ms a slice: row plane | over TCP | plain | KB allocated a slice here |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (RowPlaneCase @case in Cases(dimension, shards).Where(c => only?.Contains(c.Name, StringComparer.OrdinalIgnoreCase) ?? true))
        {
            using var local = new RowPlaneRun(@case, server, local: true);
            using var tcp = new RowPlaneRun(@case, server, local: false);
            using var plain = new PlainSocket(@case, server, @case.Workers);
            using PlainSocket one = @case.Workers == 1 ? plain : new PlainSocket(@case, server, 1);
            int steps = Math.Clamp((int)(megabytes * 1e6 / @case.BytesAStep), 5, 200);
            Contest contest = Contest.Run([.. new IContestant[] { local, tcp, plain, one }.Distinct()], blocks, steps, warmUp);
            double Speed(Block block) => @case.BytesAStep * block.Steps / block.Seconds / 1e6;
            string Rate(IContestant of) => contest.Of(of, Speed).Cell("0");
            string Cpu(IContestant of) => (contest.Of(of, b => b.CpuSeconds / b.Steps).Median * 1e3 / @case.Slices).ToString("0.00", CultureInfo.InvariantCulture);
            Console.WriteLine(Invariant(
                $"| {@case.Workers} | {@case.Rows} | {@case.Consistency} | {Rate(local)} | {Rate(tcp)} | {Rate(plain)} | {Rate(one)} | {contest.Ratio(local, plain, Speed)} | {contest.Ratio(local, one, Speed)} | {contest.Ratio(tcp, plain, Speed)} | {contest.Ratio(tcp, one, Speed)} | {Cpu(local)} | {Cpu(tcp)} | {Cpu(plain)} | {contest.Of(local, b => (double)b.AllocatedBytes / b.Steps / @case.Slices).Median / 1024:0} |"));
        }
    }
}

/// <summary>What is measured.</summary>
internal sealed record RowPlaneCase(int Workers, int Rows, int Dimension, Consistency Consistency, int Shards)
{
    public const int SlicesAWorker = 2;

    public const int TableRows = 40_000;

    public string Name => $"{Consistency}-{Workers}-{Rows}";

    public int Slices => Workers * SlicesAWorker;

    /// <summary>Bytes of the values of a slice's rows.</summary>
    public int BytesASlice => Rows * Dimension * sizeof(float);

    /// <summary>Bytes that a step moves, both ways.</summary>
    public double BytesAStep => 2.0 * BytesASlice * Slices;

    public TrainingSpec Training => new() { Slices = Slices, Consistency = Consistency };

    public IReadOnlyList<TableSpec> Tables => [new TableSpec("embedding", "embedding", TableRows, Dimension, new RowInit.Uniform(0.25f), Dense: false)];

    public IReadOnlyList<TablePlan> Plans() =>
        TablePlan.Of(Tables, group => new GroupTimeline(group, RowPlane.Optimizer, 1_000_000), _ => RowPlane.Optimizer, 1_000_000);
}
