using DistEmbed.Coordinator.Local;
using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Randomness;
using DistEmbed.Testing;
using DistEmbed.Testing.ToyData;

namespace DistEmbed.Cluster.Tests.Local;

/// <summary>A small task that can be learned: each label has words of its own among words that all share.</summary>
internal static class Toy
{
    private static readonly Lazy<string> Folder = new(WriteFiles);

    public static TextCnnSpec Cnn { get; } = new() { Windows = [2, 3], Maps = 6 };

    /// <summary>A classifier's job of 14 steps, 7 an epoch.</summary>
    public static JobSpec Job(ModelSpec model, string dev = "dev.txt") => new()
    {
        Name = "toy",
        Seed = 3,
        Data = new LabelledLinesData { Root = Folder.Value, Train = "train.txt", Dev = dev, Test = "test.txt" },
        Vectors = new VectorsSpec { File = Path.Combine(Folder.Value, "vectors.txt"), Missing = MissingRows.Variance },
        Model = model,
        Optimizers = new Dictionary<string, OptimizerSpec> { ["default"] = new AdaGradSpec { LearningRate = 0.1 } },
        Training = new TrainingSpec { Batch = 30, Slices = 3, Steps = 14 },
        Evaluation = new EvaluationSpec { EverySteps = 7 },
        Cluster = new ClusterSpec { Workers = 2, Shards = 2 },
    };

    /// <summary>A tagger's job of 14 steps, 7 an epoch.</summary>
    public static JobSpec Tags(TaggerSpec model) => Job(model) with { Data = new ConllData { Root = Folder.Value, Train = "train.conll", DevFraction = 0.1, TestFraction = 0.1 } };

    /// <summary>A job that trains vectors on the same sentences.</summary>
    public static JobSpec Words(ModelSpec model) => Job(model) with
    {
        Data = new PlainTextData { Root = Folder.Value, Files = ["train.txt", "test.txt"] },
        Vectors = new VectorsSpec { Dimension = 12 },
        Training = new TrainingSpec { Batch = 300, Slices = 3, Steps = 14 },
        Evaluation = new EvaluationSpec(),
    };

    /// <summary>Sentences whose every word depends on the next, the last being the root.</summary>
    public static DependencyData Dependencies => new()
    {
        Root = WriteDependencies(),
        Layout = DependencyLayout.Parallel,
        Train = ["chain"],
        DevFraction = 0.2,
    };

    /// <summary>A different optimizer for each group, and vectors that are frozen until step 6 and then warmed up.</summary>
    public static JobSpec WithManyOptimizers(JobSpec job) => job with
    {
        Optimizers = new Dictionary<string, OptimizerSpec>
        {
            ["default"] = new AdamSpec { LearningRate = 0.01 },
            ["embedding"] = new SgdSpec { LearningRate = 0.5, Momentum = 0.9, L2 = 1e-3, Decay = 0.01, Untouched = UntouchedRows.Exact },
            ["conv2"] = new AdadeltaSpec { Untouched = UntouchedRows.Exact },
            ["conv3"] = new RowAdaGradSpec { LearningRate = 0.05 },
            ["output"] = new AdamWSpec { LearningRate = 0.01, Schedule = new LinearSchedule() },
        },
        Freeze = [new FreezeSpec { Group = "embedding", UntilStep = 6, WarmupSteps = 4 }],
    };

    /// <summary>A job over trees: sentences and heads of some of the toy's words, the label at the root and at some other nodes.</summary>
    public static JobSpec Trees() => Job(new TreeLstmSpec { Hidden = 7, Composition = TreeComposition.ChildSum }) with
    {
        Data = new ParentTreesData { Root = Folder.Value, Train = new ParentTreeFiles { Tokens = "heads.toks", Parents = "heads.parents", Labels = "heads.labels" }, DevFraction = 0.1, TestFraction = 0.1, Neutral = 1 },
        Optimizers = new Dictionary<string, OptimizerSpec> { ["default"] = new AdaGradSpec { LearningRate = 0.05, L2 = 1e-4 }, ["embedding"] = new SgdSpec { LearningRate = 0.1 } },
    };

    /// <summary>A job over binary trees.</summary>
    public static JobSpec BinaryTrees() => Trees() with
    {
        Data = new BracketedTreesData { Root = Folder.Value, Train = "trees.txt", DevFraction = 0.1 },
        Model = new TreeLstmSpec { Hidden = 7 },
    };

    /// <summary>A job over pairs of trees.</summary>
    public static JobSpec TreePairs() => Trees() with
    {
        Data = new TreePairsData
        {
            Root = Folder.Value,
            Train = new TreePairFiles { TokensA = "heads.toks", ParentsA = "heads.parents", TokensB = "heads.toks", ParentsB = "heads.parents", Scores = "heads.scores" },
        },
        Model = new TreeLstmPairsSpec { Hidden = 7, SimilarityHidden = 5 },
    };

    public static PreparedStage Prepare(JobSpec job) => LocalRun.Prepare(job);

    private static string WriteDependencies()
    {
        var random = new CounterRandom(12, RandomPurpose.DataSplit);
        string[][] sentences = [.. Enumerable.Range(0, 200).Select(_ => Enumerable.Range(0, 2 + random.NextInt(4)).Select(_ => $"w{random.NextInt(40)}").ToArray())];
        File.WriteAllLines(Path.Combine(Folder.Value, "chain.toks"), sentences.Select(s => string.Join(' ', s)));
        File.WriteAllLines(Path.Combine(Folder.Value, "chain.parents"), sentences.Select(s => string.Join(' ', s.Select((_, i) => i + 1 == s.Length ? 0 : i + 2))));
        File.WriteAllLines(Path.Combine(Folder.Value, "chain.rels"), sentences.Select(s => string.Join(' ', s.Select((_, i) => i + 1 == s.Length ? "root" : "dep"))));
        return Folder.Value;
    }

    private static string WriteFiles()
    {
        var temporary = new TempFolder();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => temporary.Dispose();
        string folder = temporary.Path;
        var sentences = new ToySentences(
            11, [.. Enumerable.Range(0, 3).Select(label => Numbered($"own{label}x", 6))], Numbered("shared", 40));
        Write("train.txt", 210, 0);
        Write("dev.txt", 90, 0);
        Write("mislabelled.txt", 90, 1); // the better a model knows the task, the worse it does here
        Write("test.txt", 90, 0);
        WriteTrees();
        File.WriteAllText(Path.Combine(folder, "words.txt"), "shared3\r\nown1x2\n\nnowhere\nshared30\n");
        // Some words have no vector.
        File.WriteAllLines(Path.Combine(folder, "vectors.txt"), ToyVectors.Lines(
            Numbered("shared", 30), _ => Enumerable.Range(0, 12).Select(_ => (double)sentences.Centred())));
        File.WriteAllLines(Path.Combine(folder, "train.conll"), File.ReadLines(Path.Combine(folder, "train.txt")).SelectMany(line => line.Split(' ').Skip(1)
            .Select(word => $"{word} {(word[0] == 'o' ? $"I-T{word[3]}" : "O")}").Append("")));
        return folder;

        static string[] Numbered(string name, int count) => [.. Enumerable.Range(0, count).Select(i => $"{name}{i}")];

        void WriteTrees()
        {
            var drawn = new CounterRandom(12, RandomPurpose.DataSplit);
            string[] lines = [.. File.ReadLines(Path.Combine(folder, "train.txt"))];
            List<string> toks = [], parents = [], labels = [], scores = [], trees = [];
            foreach (string line in lines)
            {
                string[] words = line.Split(' ')[1..];
                int root = drawn.NextInt(words.Length);
                toks.Add(string.Join(' ', words));
                // Words before the root hang on their right neighbour, those behind it on their left one.
                parents.Add(string.Join(' ', words.Select((_, i) => i == root ? 0 : i < root ? i + 2 : i)));
                labels.Add(string.Join(' ', words.Select((_, i) => i == root ? line[..1] : i % 2 == 0 ? "#" : $"{i % 3}")));
                scores.Add($"{1 + (words.Length % 5)}");
                string tree = $"({line[0]} {words[0]})";
                foreach (string word in words[1..])
                    tree = $"({line[0]} {tree} ({word.Length % 3} {word}))";
                trees.Add(tree);
            }

            foreach ((string name, List<string> texts) in new[] { ("heads.toks", toks), ("heads.parents", parents), ("heads.labels", labels), ("heads.scores", scores), ("trees.txt", trees) })
                File.WriteAllLines(Path.Combine(folder, name), texts);
        }

        void Write(string name, int lines, int shift)
        {
            var text = new List<string>();
            for (int line = 0; line < lines; line++)
            {
                int label = line % 3;
                var words = new List<string> { sentences.Word(label, isOwn: true) };
                for (int i = sentences.Below(7); i >= 0; i--)
                    words.Insert(sentences.Below(words.Count + 1), sentences.Word(label, isOwn: sentences.Below(4) == 0));
                text.Add($"{(label + shift) % 3} {string.Join(' ', words)}");
            }

            File.WriteAllLines(Path.Combine(folder, name), text);
        }
    }
}
