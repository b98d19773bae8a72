using DistEmbed.Protocol.Jobs;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Corpus;
using DistEmbed.Worker.Models;
using DistEmbed.Worker.Models.Contract;
using DistEmbed.Worker.Tests.Models.Parsing;
using DistEmbed.Worker.Tests.Models.Trees;
using static DistEmbed.Worker.Tests.Models.TextCnnParameters;

namespace DistEmbed.Worker.Tests.Models.Contract;

/// <summary>
/// Models that <see cref="ModelContractTests"/> tries, by <c>kind</c> or <c>kind: what is special</c>: a kind of model is tried when it has its lines here. One of each kind has to
/// draw no random numbers, so that slices can be added up.
/// </summary>
internal static class ModelContractSubjects
{
    private const int Rows = 12;
    private const int Labels = 3;

    private static readonly string[] s_random = ["slices"];
    private static readonly string[] s_predictsNothing = ["predict", "score"];

    // Words again and again, an empty sentence, one shorter than every window, padding inside one, a label of each kind.
    private static readonly ExampleSet s_labelled = Examples(
        (0, [2, 3, 4, 2, 5, 6]), (1, []), (2, [7]), (1, [3, 0, 8, 1, 3, 9, 2, 2, 4]), (0, [11, 5]), (2, [4, 4, 4, 8]));

    private static readonly ExampleSet s_text = Word2VecFixture.Sentences([2, 5, 9, 3], [7, 2, 8], [], [1, 0, 4], [10, 11, 10, 0, 12, 1, 13, 2]);

    // So few configurations that rectifiers seldom switch within the steps of a difference.
    private static readonly ExampleSet s_fewWords = Treebank.Sentences(9, [2, 3], [4, 5]);

    /// <summary>Kinds that are tried elsewhere: of the user's own model there is none here, and GloVe trains on cells, not on examples (<see cref="GloVeTests"/>).</summary>
    public static IReadOnlyList<string> TriedElsewhere { get; } = ["custom", "glove"];

    /// <summary>The subjects, each with the demands that say nothing about it.</summary>
    public static IReadOnlyDictionary<string, (ContractSubject Subject, string[] NotTried)> Of { get; } = new Dictionary<string, (ContractSubject, string[])>
    {
        ["text-cnn"] = (Labelled(() => Cnn(ChannelMode.NonStatic, 0.5f)), s_random),
        ["text-cnn: without dropout"] = (Labelled(() => Cnn(ChannelMode.NonStatic, 0)), []),
        ["text-cnn: multichannel"] = (Labelled(() => Cnn(ChannelMode.Multichannel, 0)), []),
        ["bag"] = (Labelled(() => new Bag(new BagSpec(), Rows, dimension: 9, Labels, embeddingRange: 0.25f)), []),
        ["lstm"] = (Labelled(() => Lstm(layers: 1, both: false, dropout: 0.4f)), s_random),
        ["lstm: without dropout"] = (Labelled(() => Lstm(layers: 1, both: false)), []),
        ["lstm: bidirectional"] = (Labelled(() => Lstm(layers: 1, both: true)), []),
        ["lstm: two layers"] = (Labelled(() => Lstm(layers: 2, both: false)), []),
        ["lstm: two layers, bidirectional"] = (Labelled(() => Lstm(layers: 2, both: true)), []),
        ["lstm: two layers, tied"] = (Labelled(() => Lstm(layers: 2, both: true, tied: true)), []),
        ["tagger"] = (Tagged(() => Tagger(dropout: 0.4f)), s_random),
        ["tagger: without dropout"] = (Tagged(() => Tagger()), []),
        ["tagger: without case and CRF"] = (Tagged(() => Tagger(caseDimension: 0, crf: false)), []),
        ["parser"] = (Parsed(() => Parser(0.5f, Treebank.Tags)), s_random),
        ["parser: without dropout"] = (Parsed(() => Parser(0, Treebank.Tags)), []),
        ["parser: without tags, rectified"] = (Parsed(() => Parser(0, tags: 0, ParserActivation.Relu)) with { Examples = s_fewWords }, []),
        ["tree-lstm"] = (Trees(TreeComposition.Binary, 0.5f), s_random),
        ["tree-lstm: without dropout"] = (Trees(TreeComposition.Binary, 0), []),
        ["tree-lstm: child-sum"] = (Trees(TreeComposition.ChildSum, 0.5f), s_random),
        ["tree-lstm: child-sum without dropout"] = (Trees(TreeComposition.ChildSum, 0), []),
        ["tree-lstm-pairs"] = (Pairs(outputGate: false), []),
        ["tree-lstm-pairs: output gate"] = (Pairs(outputGate: true), []),
        ["cbow"] = (Text(() => Word2VecFixture.Model("cbow", 9, fullError: false, window: 3)), [.. s_random, .. s_predictsNothing]),
        ["cbow: whole errors"] = (Text(() => Word2VecFixture.Model("cbow", 9, window: 3)) with { NotDerivatives = "as word2vec.c" }, ["gradients", .. s_random, .. s_predictsNothing]),
        ["cbow: without samples"] = (Text(() => Word2VecFixture.Model("cbow", 12, fullError: false, negatives: 0, window: 1)), s_predictsNothing),
        ["skip-gram"] = (Text(() => Word2VecFixture.Model("skip-gram", 9, window: 3)), [.. s_random, .. s_predictsNothing]),
        ["skip-gram: without samples"] = (Text(() => Word2VecFixture.Model("skip-gram", 12, negatives: 0, window: 1)), s_predictsNothing),
    };

    private static TextCnn Cnn(ChannelMode channels, float dropout) =>
        new(new TextCnnSpec { Windows = [2, 4, 1], Maps = 11, Dropout = dropout, Channels = channels }, Rows, dimension: 5, Labels, 0.25f);

    private static Lstm Lstm(int layers, bool both, bool tied = false, float dropout = 0) =>
        new(new LstmSpec { Hidden = 6, Layers = layers, Bidirectional = both, Tied = tied, Dropout = dropout }, Rows, dimension: 5, Labels, 0.25f);

    // Which words are read as unknown is drawn when rows are named, so that predictions of a step of training would depend on it: TaggerTests.
    private static Tagger Tagger(int caseDimension = 3, bool crf = true, float dropout = 0) => new(
        new TaggerSpec { Hidden = 6, CaseDimension = caseDimension, Crf = crf, Dropout = dropout, UnknownRate = 0 },
        new WordVocabulary([.. Enumerable.Range(0, Rows - 2).Select(word => $"w{word}")], [.. Enumerable.Repeat(1L, Rows - 2)]), dimension: 5, tags: 5, 0.25f);

    private static ContractSubject Tagged(Func<IEmbeddingModel> create) => new(create, TaggerTests.Tagged(
        ([2, 3, 4, 2, 5], [0, 1, 2, 0, 3]), ([], []), ([7], [1]), ([3, 0, 8, 1, 3], [3, 4, 4, 0, 0]), ([4, 4, 6, 9, 9, 2, 3], [0, 0, 0, 1, 1, 2, 0])));

    private static Parser Parser(float dropout, int tags, ParserActivation activation = ParserActivation.Cube) =>
        new(new ParserSpec { Hidden = 6, SymbolDimension = 3, Dropout = dropout, Activation = activation }, Rows, dimension: 4, Treebank.Relations, tags, 0.25f);

    private static ContractSubject Parsed(Func<IEmbeddingModel> create) => new(create, Treebank.Sentences(9, [2, 3, 4, 2, 5], [], [7], [1, 8, 9, 2, 2, 4], [11, 5], [10, 6, 3]));

    private static ContractSubject Labelled(Func<IEmbeddingModel> create) => new(create, s_labelled);

    private static ContractSubject Trees(TreeComposition composition, float dropout) => new(
        () => new TreeLstm(new TreeLstmSpec { Hidden = 10, Composition = composition, Dropout = dropout }, Rows, dimension: 5, Labels, symbols: 0, embeddingRange: 0.25f),
        RandomTrees.Sentences(seed: 6, count: 7, Rows, Labels, composition == TreeComposition.Binary));

    private static ContractSubject Pairs(bool outputGate) => new(
        () => new TreeLstmPairs(new TreeLstmPairsSpec { Hidden = 10, SimilarityHidden = 4, OutputGate = outputGate }, Rows, dimension: 5, labels: 5, embeddingRange: 0.25f),
        RandomTrees.Pairs(seed: 6, count: 7, Rows, labels: 5));

    private static ContractSubject Text(Func<IEmbeddingModel> create) => new(create, s_text) { SummedLoss = true };
}
