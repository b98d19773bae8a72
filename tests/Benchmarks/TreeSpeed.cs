using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Randomness;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Corpus.Trees;
using DistEmbed.Worker.Models;
using DistEmbed.Worker.Training;
using static System.FormattableString;

namespace DistEmbed.Benchmarks;

/// <summary>Trees a second of loss and gradients, level by level as <see cref="TreeLstm"/> computes them, and node by node; and how far apart the results are.</summary>
internal static class TreeSpeed
{
    private const int Words = 16000;
    private const int Labels = 5;
    private const double Tolerance = 1e-5;

    public static Task RunAsync(BenchmarkArguments arguments)
    {
        int blocks = arguments.Int("blocks", 5), steps = arguments.Int("steps", 8), dimension = arguments.Int("dimension", 100), hidden = arguments.Int("hidden", 150), batch = arguments.Int("batch", 25);
        arguments.ThrowIfUnknown();
        TorchRuntime.Configure(InstructionSet.Avx2, 1);
        ExampleSet data = Sentences(40 * batch);
        using var model = new TreeLstm(new TreeLstmSpec { Hidden = hidden, Dropout = 0 }, Words + 2, dimension, Labels, symbols: 0, embeddingRange: 0.25f);
        var tables = new PlainTables(model.Tables, new SgdSpec(), blocks * steps);
        var nodes = new TreeNodeByNode(dimension, hidden, Labels);
        double apart = 0;
        for (int step = 1; step <= 3; step++)
            apart = Math.Max(apart, Difference(step));
        if (apart > Tolerance)
            throw new InvalidOperationException(Invariant($"level by level and node by node are {apart:G3} apart"));

        var levels = new Loop("level by level", step =>
        {
            (PreparedSlice prepared, float[][] values) = Pull(step);
            model.Train(prepared, values, [.. values.Select(v => new float[v.Length])]);
            return (batch, 0);
        });
        var single = new Loop("node by node", step =>
        {
            (PreparedSlice prepared, float[][] values) = Pull(step);
            nodes.Train(prepared.Slice, prepared.Rows[0], values);
            return (batch, 0);
        });
        Contest contest = Contest.Run([levels, single], blocks, steps, warmUpSeconds: 3);
        Console.WriteLine(Invariant($"binary Tree-LSTM, {dimension} numbers a word, {hidden} a state, batches of {batch} trees of 2 to 36 words, one thread; loss and gradients, no optimizer; {blocks} blocks of {steps} steps"));
        Console.WriteLine(Invariant($"largest difference of a loss a tree, or of a gradient: {apart:G2}"));
        Console.WriteLine();
        Console.WriteLine("| | trees a second | processor ms a tree |");
        Console.WriteLine("| --- | --- | --- |");
        foreach (Loop loop in new[] { levels, single })
            Console.WriteLine($"| {loop.Name} | {contest.Of(loop, b => b.Examples / b.Seconds).Cell("0")} | {contest.Of(loop, b => b.CpuSeconds / b.Examples).Cell("0.00", 1e3)} |");
        Console.WriteLine();
        Console.WriteLine($"times faster: {contest.Ratio(single, levels, b => b.Seconds)} (goal at least 5)");
        return Task.CompletedTask;

        (PreparedSlice Prepared, float[][] Values) Pull(int step)
        {
            int first = (step - 1) % (data.Count / batch) * batch;
            PreparedSlice prepared = model.Prepare(new Slice(step, 0, data, Enumerable.Range(first, batch).ToArray(), batch, 1));
            var values = new float[model.Tables.Count][];
            for (int table = 0; table < values.Length; table++)
            {
                values[table] = new float[prepared.Rows[table].Length * model.Tables[table].Dimension];
                tables.Gather(table, prepared.Rows[table], values[table]);
            }

            return (prepared, values);
        }

        double Difference(int step)
        {
            (PreparedSlice prepared, float[][] values) = Pull(step);
            float[][] gradients = [.. values.Select(v => new float[v.Length])];
            SliceLoss loss = model.Train(prepared, values, gradients);
            (double sum, float[][] expected) = nodes.Train(prepared.Slice, prepared.Rows[0], values);
            double most = Math.Abs(loss.Sum - sum) / batch / Math.Max(1, sum / batch);
            for (int table = 0; table < gradients.Length; table++)
                most = Math.Max(most, gradients[table].Zip(expected[table], (a, b) => Math.Abs((double)a - b)).Max());
            return most;
        }
    }

    /// <summary>Sentences of 2 to 36 words, 19 on average, words by Zipf's law, with trees at random and labels at all nodes.</summary>
    private static ExampleSet Sentences(int count)
    {
        var random = new CounterRandom(5, RandomPurpose.DataSplit);
        List<int> starts = [0], tokens = [], labels = [], annotationStarts = [0], annotations = [];
        for (int example = 0; example < count; example++)
        {
            int words = 2 + random.NextInt(35);
            for (int word = 0; word < words; word++)
                tokens.Add(2 + (int)Math.Min(Words - 1, Math.Exp(random.NextSingle() * Math.Log(Words))));
            var parents = new int[(2 * words) - 1];
            Array.Fill(parents, -1);
            List<int> roots = [.. Enumerable.Range(0, words)];
            for (int node = words; node < parents.Length; node++)
            {
                int at = random.NextInt(roots.Count - 1);
                parents[roots[at]] = parents[roots[at + 1]] = node;
                roots[at] = node;
                roots.RemoveAt(at + 1);
            }

            var marks = new int[parents.Length];
            for (int node = 0; node < marks.Length; node++)
                marks[node] = random.NextInt(Labels);
            annotations.AddRange(Tree.Write(parents, marks));
            starts.Add(tokens.Count);
            annotationStarts.Add(annotations.Count);
            labels.Add(marks[^1]);
        }

        return new ExampleSet([.. starts], [.. tokens], [.. labels], [.. annotationStarts], [.. annotations]);
    }
}
