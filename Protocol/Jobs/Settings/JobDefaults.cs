namespace DistEmbed.Protocol.Jobs.Settings;

/// <summary>
/// What a job is where its file does not say, after the literature: a model that fits the data, an optimizer that fits the model, and the length of training.
/// The resolved job has all of it written out, so a run keeps what it was trained with.
/// </summary>
internal static class JobDefaults
{
    private const string Default = "default";

    /// <summary>Dimension of vectors where no file gives it, as in word2vec.c and fastText.</summary>
    private const int Dimension = 100;

    /// <summary>Fills in what is not given. What is given and cannot be read stays missing: its error is enough.</summary>
    /// <param name="spec">The job or stage as bound; parts that could not be read are null.</param>
    /// <param name="name">Name of a job that has none.</param>
    /// <param name="isGiven">Whether the file or the command line gives a setting, by its path.</param>
    public static JobSpec Complete(JobSpec spec, string name, Func<string, bool> isGiven)
    {
        if (!isGiven("name"))
            spec = spec with { Name = name };
        if (!isGiven("model") && spec.Data is { } data)
            spec = spec with { Model = ModelOf(data) };
        if (spec.Model is TextCnnSpec cnn && !isGiven("model.channels") && !isGiven("vectors.file"))
            spec = spec with { Model = cnn with { Channels = ChannelMode.Rand } };
        if (spec.Vectors is { File: null, Dimension: null } && !isGiven("vectors.file") && !isGiven("vectors.dimension"))
            spec = spec with { Vectors = spec.Vectors with { Dimension = Dimension } };
        if (spec.Training is { Epochs: null, Steps: null } && !isGiven("training.epochs") && !isGiven("training.steps"))
            spec = spec with { Training = spec.Training with { Epochs = EpochsOf(spec.Model) } };
        if (!isGiven("training.batch"))
            spec = spec with { Training = spec.Training with { Batch = BatchOf(spec.Model) } };
        if (spec.Model is { } model && !spec.Optimizers.ContainsKey(Default) && model.Groups.Any(group => !spec.Optimizers.ContainsKey(group) && !FreezeRules.IsFrozenThroughout(spec, group)))
            spec = spec with { Optimizers = new Dictionary<string, OptimizerSpec>(spec.Optimizers) { [Default] = OptimizerOf(model) } };
        return spec;
    }

    private static ModelSpec ModelOf(DataSpec data) => data.Forms[0] switch
    {
        DataForm.Text => new SkipGramSpec(),
        DataForm.Tags => new TaggerSpec(),
        DataForm.Heads => new ParserSpec(),
        DataForm.Trees => new TreeLstmSpec { Composition = data is ParentTreesData { Words: TreeWords.EveryNode } ? TreeComposition.ChildSum : TreeComposition.Binary },
        DataForm.TreePairs => new TreeLstmPairsSpec(),
        _ => new TextCnnSpec(),
    };

    /// <summary>The optimizer of a model's paper, or Adam with its usual rate where the model has none.</summary>
    private static OptimizerSpec OptimizerOf(ModelSpec model) => model switch
    {
        TextCnnSpec => new AdadeltaSpec { Untouched = UntouchedRows.Exact }, // Kim 2014, section 3.1
        LstmSpec or TreeLstmSpec or TreeLstmPairsSpec => new AdaGradSpec { LearningRate = 0.05, L2 = 1e-4 }, // Tai et al. 2015, section 5.3
        ParserSpec => new AdaGradSpec { LearningRate = 0.01 }, // Chen and Manning 2014, section 3.2
        // Rates and fall of word2vec.c, whose floor is a ten-thousandth.
        CbowSpec => new SgdSpec { LearningRate = 0.05, Schedule = new LinearSchedule { Floor = 1e-4 } },
        SkipGramSpec => new SgdSpec { LearningRate = 0.025, Schedule = new LinearSchedule { Floor = 1e-4 } },
        GloVeSpec => new AdaGradSpec { LearningRate = 0.5, InitialAccumulator = 25 }, // see GloVe in README.md
        _ => new AdamSpec(),
    };

    private static int EpochsOf(ModelSpec? model) => model switch
    {
        Word2VecSpec => 5, // as word2vec.c
        GloVeSpec => 15, // as the original program
        TaggerSpec => 30,
        _ => 10,
    };

    /// <summary>Examples, words or pairs a step.</summary>
    private static int BatchOf(ModelSpec? model) => model switch
    {
        Word2VecSpec => 1000,
        GloVeSpec => 50000,
        _ => new TrainingSpec().Batch,
    };
}
