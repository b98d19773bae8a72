using System.Diagnostics;
using DistEmbed.ParameterServer.Optimizers;
using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Randomness;
using static System.FormattableString;

namespace DistEmbed.Benchmarks;

/// <summary>Rows a second that a table applies gradients to, one thread.</summary>
internal static class OptimizerSpeed
{
    public static Task RunAsync(BenchmarkArguments arguments)
    {
        int dimension = arguments.Int("dimension", 300), rows = arguments.Int("rows", 20000), blocks = arguments.Int("blocks", 9);
        arguments.ThrowIfUnknown();
        (string Name, OptimizerSpec Spec)[] specs =
        [
            ("sgd", new SgdSpec()), ("sgd, momentum", new SgdSpec { Momentum = 0.9 }), ("row-adagrad", new RowAdaGradSpec()), ("adagrad", new AdaGradSpec()),
            ("adam", new AdamSpec()), ("adamw", new AdamWSpec()), ("adadelta", new AdadeltaSpec()),
        ];
        var random = new CounterRandom(3, RandomPurpose.DataSplit);
        float[] gradient = [.. Enumerable.Range(0, dimension).Select(_ => random.NextSingle() - 0.5f)];
        int[] order = [.. Enumerable.Range(0, rows)];
        random.Shuffle<int>(order);
        RowTable[] tables = [.. specs.Select(s => new RowTable(
            new TableSpec("embedding", "embedding", rows, dimension, new RowInit.Uniform(0.25f), Dense: false),
            RowOptimizers.Create(s.Spec, new GroupTimeline("embedding", s.Spec, 1000), null), 1))];
        double[][] rates = [.. specs.Select(_ => new double[blocks])];
        for (int block = -1; block < blocks; block++)
        {
            for (int i = 0; i < specs.Length; i++)
            {
                long start = Stopwatch.GetTimestamp();
                foreach (int row in order)
                    tables[i].Apply(row, block + 2, gradient);
                if (block >= 0)
                    rates[i][block] = rows / Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
        }

        Console.WriteLine(Invariant($"RowTable.Apply, {rows:N0} rows of {dimension} in random order, one thread, {blocks} blocks"));
        Console.WriteLine();
        Console.WriteLine("| optimizer | million rows a second | GB of row and state a second |");
        Console.WriteLine("| --- | --- | --- |");
        for (int i = 0; i < specs.Length; i++)
        {
            var rate = new Samples(rates[i]);
            double bytes = (dimension + tables[i].StateSize) * 4.0;
            Console.WriteLine(Invariant($"| {specs[i].Name} | {rate.Cell("0.00", 1e-6)} | {rate.Median * bytes / 1e9:0.0} |"));
            tables[i].Dispose();
        }

        return Task.CompletedTask;
    }
}
