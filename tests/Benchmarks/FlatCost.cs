using System.Collections;
using System.Diagnostics;
using DistEmbed.Coordinator.Run;
using DistEmbed.ParameterServer.Optimizers;
using DistEmbed.ParameterServer.Storage;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Randomness;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Models;
using DistEmbed.Worker.Training;
using static System.FormattableString;

namespace DistEmbed.Benchmarks;

/// <summary>
/// What a step costs when the table is large, and what the table itself costs. All jobs train the same sentences, with the words' rows spread over the large
/// table; once also with other rows for the same words in every step, so that next to nothing is warm and, without vectors, nearly every row is new: worse
/// than any language.
/// </summary>
internal static class FlatCost
{
    private const int SmallRows = 10_000;
    private const int LargeRows = 5_000_000;
    private const int Dimension = 300;
    private const int Ranks = SmallRows - WordVocabulary.FirstWordRow;
    private const int Spread = (LargeRows - WordVocabulary.FirstWordRow) / Ranks;

    public static async Task RunAsync(BenchmarkArguments arguments)
    {
        int blocks = arguments.Int("blocks", 7), steps = arguments.Int("steps", 40);
        bool stored = arguments.Flag("stored", true);
        arguments.ThrowIfUnknown();
        TorchRuntime.Configure(InstructionSet.Avx2, 1);
        RowBytes();
        Untouched();
        FirstTouch();
        var adadelta = new AdadeltaSpec { Untouched = UntouchedRows.Exact };
        await CompareAsync("Adadelta, rows without a vector: taken when first written", 1, 1, adadelta, _ => [], false, blocks, steps);
        await CompareAsync("the same", 2, 2, adadelta, _ => [], false, blocks, steps);
        if (!stored)
            return;
        if (FreeMemory() is { } free && free < 8L << 30)
        {
            Console.WriteLine(Invariant($"not run: every row stored, which takes 6 GB; {free / 1e9:0.0} GB are free"));
            return;
        }

        await CompareAsync("SGD, every row has a vector (6 GB)", 1, 1, new SgdSpec(), rows => new SomeVectors(rows), true, blocks, steps);
    }

    private static async Task CompareAsync(
        string title, int workers, int shards, OptimizerSpec optimizer, Func<int, IReadOnlyList<SeedRows>> seeds, bool stored, int blocks, int steps)
    {
        int total = (blocks + 1) * steps;
        var few = new SyntheticSentences(total, 50, workers, Ranks, SyntheticSentences.OwnRow);
        var spread = new SyntheticSentences(total, 50, workers, Ranks, (_, rank) => WordVocabulary.FirstWordRow + rank * Spread);
        var fresh = new SyntheticSentences(total, 50, workers, Ranks,
            (step, rank) => WordVocabulary.FirstWordRow + rank * Spread + new CounterRandom(11, RandomPurpose.DataSplit, step, rank).NextInt(Spread));
        ClusterRun Run(string name, int rows, SyntheticSentences sentences) => new(
            Invariant($"{rows:N0} x {Dimension}{name}"), workers, shards, workers, optimizer, sentences.Data, sentences,
            () => new TextCnn(new TextCnnSpec(), rows, Dimension, 2, 0.25f), seeds(rows), total);
        ClusterRun small = Run("", SmallRows, few);
        ClusterRun[] large = stored
            ? [Run(", other rows every step", LargeRows, fresh)]
            : [Run(", the same words", LargeRows, spread), Run(", other rows every step", LargeRows, fresh)];
        Contest contest = Contest.Run([small, .. large], blocks, steps);
        Console.WriteLine(Invariant(
            $"{title}; {workers} workers, {shards} shards; {few.RowsAStep():0} rows a step in each; {blocks} blocks of {steps} steps"));
        Console.WriteLine();
        contest.PrintSteps();
        Console.WriteLine();
        Console.WriteLine($"goal: step time at most 1.2 times that of the small table; working set of the process {Environment.WorkingSet / 1e6:0} MB");
        Console.WriteLine();
        foreach (ClusterRun run in new[] { small }.Concat(large))
            await run.EndAsync();
    }

    private static void RowBytes()
    {
        const int rows = 50_000;
        Console.WriteLine("| optimizer | numbers a row | bytes of a row that has its first value | bytes of a row that steps touch | of 4 x numbers x (1 + slots) |");
        Console.WriteLine("| --- | --- | --- | --- | --- |");
        foreach (int dimension in new[] { 100, 300 })
        {
            foreach ((string name, OptimizerSpec spec) in new (string, OptimizerSpec)[] { ("sgd", new SgdSpec()), ("adagrad", new AdaGradSpec()), ("adam", new AdamSpec()) })
            {
                using RowTable table = Table(rows, dimension, spec);
                float[] values = new float[dimension];
                for (int row = 0; row < rows; row++)
                    table.Assign(row, values);
                double given = (double)table.AllocatedBytes / rows;
                for (int row = 0; row < rows; row++)
                    table.Apply(row, 1, values);
                double bytes = (double)table.AllocatedBytes / rows, floor = 4.0 * (dimension + table.StateSize);
                Console.WriteLine(Invariant($"| {name} | {dimension} | {given:0} | {bytes:0} | {bytes / floor:0.000} (goal at most 1.15) |"));
            }
        }

        Console.WriteLine();
    }

    private static void Untouched()
    {
        GC.Collect();
        long before = Environment.WorkingSet, managed = GC.GetTotalMemory(forceFullCollection: true);
        using RowTable table = Table(LargeRows, Dimension, new AdamSpec());
        managed = GC.GetTotalMemory(forceFullCollection: true) - managed;
        Console.WriteLine(Invariant(
            $"a table of {LargeRows:N0} x {Dimension} (Adam) of which no row is touched: {table.AllocatedBytes} bytes of rows and {managed / 1024} KB managed; the process grows by {Math.Max(0, Environment.WorkingSet - before) / 1024} KB"));
        table.Assign(LargeRows / 2, new float[Dimension]);
        Console.WriteLine(Invariant($"with one row in the middle: {table.AllocatedBytes / 1024} KB"));
        Console.WriteLine();
    }

    /// <summary>What it costs to meet a row for the first time, in microseconds a row: the only thing about a large table that a small one has not.</summary>
    private static void FirstTouch()
    {
        const int groups = 40, group = 500;
        var exact = new AdadeltaSpec { Untouched = UntouchedRows.Exact };
        using RowTable table = Table(LargeRows, Dimension, exact);
        float[] values = new float[Dimension];
        double[] reads = new double[groups], firsts = new double[groups], readAgain = new double[groups], again = new double[groups];
        for (int g = 0; g < groups; g++)
        {
            int step = g + 2;
            reads[g] = Time(row => table.Read(row, step - 1, values));
            firsts[g] = Time(row => table.Apply(row, step, values));
            readAgain[g] = Time(row => table.Read(row, step + 1, values));
            again[g] = Time(row => table.Apply(row, step + 2, values));

            double Time(Action<int> each)
            {
                long start = Stopwatch.GetTimestamp();
                for (int i = 0; i < group; i++)
                    each(WordVocabulary.FirstWordRow + i * (LargeRows / group) + g * 100);
                return Stopwatch.GetElapsedTime(start).TotalMicroseconds / group;
            }
        }

        Console.WriteLine(
            $"Adadelta, exact, microseconds a row: read {new Samples(reads)} the first time, {new Samples(readAgain)} again; apply {new Samples(firsts)} the first time, {new Samples(again)} again");
        Console.WriteLine();
    }

    private static RowTable Table(int rows, int dimension, OptimizerSpec spec) => new(
        new TableSpec("embedding", "embedding", rows, dimension, new RowInit.Uniform(0.25f), Dense: false),
        RowOptimizers.Create(spec, new GroupTimeline("embedding", spec, 1000), null), 1);

    private static long? FreeMemory()
    {
        const string path = "/proc/meminfo";
        if (!File.Exists(path))
            return null;
        string line = File.ReadLines(path).First(l => l.StartsWith("MemAvailable:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture) * 1024;
    }

    /// <summary>A vector for every row, in pieces that are made when they are asked for: all of them at once would be as large as the table.</summary>
    private sealed class SomeVectors(int rows) : IReadOnlyList<SeedRows>
    {
        private const int PieceRows = 1 << 14;
        private readonly float[] _values = MakeValues();

        public int Count => (rows - WordVocabulary.FirstWordRow + PieceRows - 1) / PieceRows;

        public SeedRows this[int index]
        {
            get
            {
                int first = WordVocabulary.FirstWordRow + index * PieceRows, count = Math.Min(PieceRows, rows - first);
                return new SeedRows(0, Dimension, [.. Enumerable.Range(first, count)], _values);
            }
        }

        public IEnumerator<SeedRows> GetEnumerator()
        {
            for (int i = 0; i < Count; i++)
                yield return this[i];
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        private static float[] MakeValues()
        {
            var random = new CounterRandom(13, RandomPurpose.DataSplit);
            var values = new float[PieceRows * Dimension];
            foreach (ref float value in values.AsSpan())
                value = (random.NextSingle() - 0.5f) * 0.5f;
            return values;
        }
    }
}
