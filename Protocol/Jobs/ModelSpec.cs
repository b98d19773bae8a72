using System.Globalization;
using System.Text.Json.Serialization;
using DistEmbed.Protocol.Jobs.Settings;

namespace DistEmbed.Protocol.Jobs;

/// <summary>The model; which one is the key <c>kind</c>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(TextCnnSpec), "text-cnn")]
[JsonDerivedType(typeof(BagSpec), "bag")]
[JsonDerivedType(typeof(LstmSpec), "lstm")]
[JsonDerivedType(typeof(TaggerSpec), "tagger")]
[JsonDerivedType(typeof(ParserSpec), "parser")]
[JsonDerivedType(typeof(CbowSpec), "cbow")]
[JsonDerivedType(typeof(SkipGramSpec), "skip-gram")]
[JsonDerivedType(typeof(GloVeSpec), "glove")]
[JsonDerivedType(typeof(CustomModelSpec), "custom")]
[JsonDerivedType(typeof(TreeLstmSpec), "tree-lstm")]
[JsonDerivedType(typeof(TreeLstmPairsSpec), "tree-lstm-pairs")]
public abstract record ModelSpec
{
    /// <summary>The groups of tables that freezing phases and optimizers may name. The first is always <c>embedding</c>.</summary>
    [JsonIgnore]
    public abstract IReadOnlyList<string> Groups { get; }

    /// <summary>The groups whose rows are the vocabulary's words, so that rules can name some of them.</summary>
    [JsonIgnore]
    public virtual IReadOnlyList<string> WordGroups => [Groups[0]];

    /// <summary>The tables whose rows add up to a word's vector: what exports, neighbours and probes read. The first is always <c>embedding</c>.</summary>
    [JsonIgnore]
    public virtual IReadOnlyList<string> VectorTables => [Groups[0]];

    /// <summary>The groups by layer, from the output down to the embedding. Groups that stand side by side, as filters of several widths do, are one layer.</summary>
    [JsonIgnore]
    public virtual IReadOnlyList<string[]> GroupsByLayer
    {
        get
        {
            string[] between = [.. Groups.Skip(1).SkipLast(1)];
            return between.Length == 0 ? [[Groups[^1]], [Groups[0]]] : [[Groups[^1]], between, [Groups[0]]];
        }
    }

    /// <summary>Whether a table <c>context</c> holds output vectors of the words, which are left for later jobs to start from.</summary>
    [JsonIgnore]
    public virtual bool HasContextVectors => false;

    /// <summary>What the model learns from; data has to give it.</summary>
    [JsonIgnore]
    public abstract DataForm Reads { get; }

    /// <summary>Whether the model learns what examples carry beside their text, and is judged by it; else it learns vectors from text alone.</summary>
    [JsonIgnore]
    public bool NeedsLabels => Reads != DataForm.Text;

    /// <summary>The <see cref="Unit"/> of models that learn from labelled examples.</summary>
    public const string Examples = "examples";

    /// <summary>What speed is measured in: what training goes through one after the other.</summary>
    [JsonIgnore]
    public virtual string Unit => NeedsLabels ? Examples : "words";

    /// <summary>Whether the model computes with Torch, whose threads and instruction set are then part of the result's bits.</summary>
    [JsonIgnore]
    public virtual bool UsesTorch => NeedsLabels;
}

/// <summary>Kim's sentence CNN (EMNLP 2014, section 2).</summary>
public sealed record TextCnnSpec : ModelSpec
{
    /// <summary>Window widths in tokens.</summary>
    public IReadOnlyList<int> Windows { get; init; } = [3, 4, 5];

    /// <summary>Feature maps a window.</summary>
    public int Maps { get; init; } = 100;

    /// <summary>Probability that a feature is dropped before the output layer.</summary>
    public float Dropout { get; init; } = 0.5f;

    /// <summary>Where the embedding comes from and whether it moves. Default: non-static with a vector file, rand without.</summary>
    [DependentDefault]
    public ChannelMode Channels { get; init; } = ChannelMode.NonStatic;

    /// <summary>Largest L2 norm of a row of the output layer; a longer row is scaled back after its update (section 2.1). Null: no bound.</summary>
    public double? MaxNorm { get; init; } = 3;

    /// <summary>How filters and output layer start.</summary>
    public DenseStart Initialization { get; init; } = DenseStart.Kim;

    /// <summary>
    /// The embedding, each window's filters (<c>conv3</c> for width 3) and the output layer. The frozen table of <see cref="ChannelMode.Multichannel"/>,
    /// <c>embedding.static</c>, is no group: nothing that a user sets could move it.
    /// </summary>
    [JsonIgnore]
    public override IReadOnlyList<string> Groups =>
        ["embedding", .. Windows.Select(window => "conv" + window.ToString(CultureInfo.InvariantCulture)), "output"];

    /// <inheritdoc/>
    [JsonIgnore]
    public override DataForm Reads => DataForm.Labels;
}

/// <summary>How the dense layers of a text-cnn start.</summary>
public enum DenseStart
{
    /// <summary>Filters uniform in ±0.01, biases and the output layer zero (Kim's code).</summary>
    Kim,

    /// <summary>Weights and biases uniform in ±1/sqrt(numbers that a unit reads), the usual start of PyTorch's layers.</summary>
    UniformFanIn,
}

/// <summary>Kim's four variants.</summary>
public enum ChannelMode
{
    /// <summary>Random vectors, tuned. A vector file is an error.</summary>
    Rand,

    /// <summary>Given vectors, frozen for the whole run, rows without a vector too.</summary>
    Static,

    /// <summary>Given vectors, tuned (as the freezing phases allow).</summary>
    NonStatic,

    /// <summary>Two channels of the given vectors, one frozen and one tuned, through two-channel filters.</summary>
    Multichannel,
}

/// <summary>Mean of vectors, linear layer, softmax: fastText's classifier (Joulin et al. 2017).</summary>
public sealed record BagSpec : ModelSpec
{
    /// <summary>The embedding and the output layer.</summary>
    [JsonIgnore]
    public override IReadOnlyList<string> Groups => ["embedding", "output"];

    /// <inheritdoc/>
    [JsonIgnore]
    public override DataForm Reads => DataForm.Labels;
}

/// <summary>What the two word2vec models share (Mikolov et al. 2013).</summary>
public abstract record Word2VecSpec : ModelSpec
{
    /// <summary>Largest distance of a context word; each position draws a distance between 1 and this.</summary>
    public int Window { get; init; } = 5;

    /// <summary>What the model predicts a word with.</summary>
    public WordOutput Output { get; init; } = WordOutput.NegativeSampling;

    /// <summary>Negative samples a positive one, drawn from count^<see cref="NegativeExponent"/>.</summary>
    public int Negatives { get; init; } = 5;

    /// <summary>Exponent of the negatives' distribution.</summary>
    public double NegativeExponent { get; init; } = 0.75;

    /// <summary>Subsampling threshold t: a word of frequency f is kept with probability (sqrt(f/t)+1) t/f. 0: all are kept.</summary>
    public double Subsample { get; init; } = 1e-3;

    /// <summary>
    /// The word vectors, and the output vectors: <c>context</c>, a row a word, or <c>hierarchy</c>, a row for each inner node of the Huffman tree.
    /// </summary>
    [JsonIgnore]
    public override IReadOnlyList<string> Groups => ["embedding", HasContextVectors ? "context" : "hierarchy"];

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool HasContextVectors => Output != WordOutput.HierarchicalSoftmax;

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<string> WordGroups => Output == WordOutput.HierarchicalSoftmax ? ["embedding"] : Groups;

    /// <inheritdoc/>
    [JsonIgnore]
    public override DataForm Reads => DataForm.Text;
}

/// <summary>What a word2vec model predicts a word with. word2vec.c can do both at once; here it is one of them.</summary>
public enum WordOutput
{
    /// <summary>The word is told from words drawn at random (Mikolov et al. 2013, equation 4).</summary>
    NegativeSampling,

    /// <summary>The word is found by the decisions on its way down a Huffman tree (Morin and Bengio 2005; Mikolov et al. 2013, equation 3).</summary>
    HierarchicalSoftmax,
}

/// <summary>Continuous bag of words.</summary>
public sealed record CbowSpec : Word2VecSpec
{
    /// <summary>
    /// Whether every context vector receives the whole error of its position, as word2vec.c does. False: the loss's true gradient, which is the error divided
    /// by the number of context words, since the prediction is made from their mean.
    /// </summary>
    public bool FullError { get; init; } = true;
}

/// <summary>Skip-gram.</summary>
public sealed record SkipGramSpec : Word2VecSpec;
