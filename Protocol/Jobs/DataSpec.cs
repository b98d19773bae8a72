using System.Text.Json.Serialization;

namespace DistEmbed.Protocol.Jobs;

/// <summary>Where text comes from and how it becomes tokens. The kind of source is the key <c>format</c>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "format")]
[JsonDerivedType(typeof(LabelledLinesData), "labelled-lines")]
[JsonDerivedType(typeof(FilePerClassData), "file-per-class")]
[JsonDerivedType(typeof(FolderPerClassData), "folder-per-class")]
[JsonDerivedType(typeof(DelimitedData), "delimited")]
[JsonDerivedType(typeof(JsonLinesData), "json-lines")]
[JsonDerivedType(typeof(ConllData), "conll")]
[JsonDerivedType(typeof(DependencyData), "dependencies")]
[JsonDerivedType(typeof(PlainTextData), "plain-text")]
[JsonDerivedType(typeof(DotnetDocsData), "dotnet-docs")]
[JsonDerivedType(typeof(BracketedTreesData), "trees")]
[JsonDerivedType(typeof(ParentTreesData), "parent-trees")]
[JsonDerivedType(typeof(TreePairsData), "tree-pairs")]
public abstract record DataSpec
{
    /// <summary>
    /// Folder that relative paths start from, that of <c>vectors.file</c> too. Default: the folder of the job file. A relative one starts from there too; given
    /// on the command line, from the current folder.
    /// </summary>
    public string? Root { get; init; }

    /// <summary>Name of the files' text encoding, as .NET knows it. Files that end in .gz are unpacked.</summary>
    public string Encoding { get; init; } = "utf-8";

    /// <summary>What becomes of bytes that are not of the encoding, and of NUL characters.</summary>
    public BadBytes BadBytes { get; init; }

    /// <summary>Unicode form that text and words are brought to before they are split and lower-cased.</summary>
    public Normalization Normalization { get; init; }

    /// <summary>How a line becomes tokens.</summary>
    public TokenizerKind Tokenizer { get; init; } = TokenizerKind.Simple;

    /// <summary>Whether tokens are lower-cased.</summary>
    public bool LowerCase { get; init; } = true;

    /// <summary>Words seen less often are unknown.</summary>
    public int MinCount { get; init; } = 1;

    /// <summary>Tokens of an example after this many are dropped. Absent: all are kept.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>What examples are; of several forms a model may read any.</summary>
    [JsonIgnore]
    public abstract IReadOnlyList<DataForm> Forms { get; }

    /// <summary>Whether examples carry something to learn beside their text.</summary>
    [JsonIgnore]
    public bool HasLabels => !Forms.Contains(DataForm.Text);

    /// <summary>A path that the job names made full: a relative one starts from <see cref="Root"/>, or from the current folder where there is none, as in runs of old.</summary>
    public string PathOf(string path) => Path.GetFullPath(Path.Combine(Root ?? ".", path));
}

/// <summary>Labelled data: what training with a dev and a test part needs.</summary>
public abstract record LabelledData : DataSpec
{
    /// <summary>Share of the training examples set aside as dev part where no dev file is given.</summary>
    public double DevFraction { get; init; } = 0.1;

    /// <summary>Share of the training examples set aside as test part where no test file is given; 0: no test.</summary>
    public double TestFraction { get; init; }

    /// <summary>What becomes of examples without text: of which blanks alone, or what the tokenizer drops, are there.</summary>
    public EmptyText EmptyText { get; init; }

    /// <summary>A fold of the training examples as test part, for cross-validation. Absent: the test part is a file or a share.</summary>
    public FoldSpec? Fold { get; init; }

    /// <summary>Which words have a row of their own; any other is unknown.</summary>
    public VocabularyParts Vocabulary { get; init; } = VocabularyParts.Train;

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<DataForm> Forms => [DataForm.Labels];

    /// <summary>Whether there is a dev part: a file of its own, or a share of the training examples.</summary>
    [JsonIgnore]
    public abstract bool HasDev { get; }
}

/// <summary>Which words of labelled data have a row of their own.</summary>
public enum VocabularyParts
{
    /// <summary>Those of the train part, and those of dev and test that the job's vectors have: the words that <c>predict</c> knows.</summary>
    Train,

    /// <summary>Those of train, dev and test together, as in Kim's code (EMNLP 2014): words that only the test has get a random row, which new text never gets.</summary>
    AllParts,
}

/// <summary>What becomes of bytes that are not of the file's encoding, and of NUL characters.</summary>
public enum BadBytes
{
    /// <summary>An error that names file, line and byte.</summary>
    Refuse,

    /// <summary>U+FFFD stands for them; they are counted.</summary>
    Replace,

    /// <summary>The line, record or sentence that has them is left out and counted.</summary>
    SkipRecord,
}

/// <summary>Forms of Unicode.</summary>
public enum Normalization
{
    /// <summary>Text stays as it is written.</summary>
    None,

    /// <summary>Letters and their accents are one character where there is one (é).</summary>
    Nfc,

    /// <summary>Beside that, variants become the usual characters: ligatures, full-width letters, superscripts.</summary>
    Nfkc,
}

/// <summary>What becomes of examples without text.</summary>
public enum EmptyText
{
    /// <summary>An error that names file and line.</summary>
    Refuse,

    /// <summary>They are left out and counted.</summary>
    Skip,

    /// <summary>They stay, without a token, and are counted.</summary>
    Keep,
}

/// <summary>Tokenizers.</summary>
public enum TokenizerKind
{
    /// <summary>Runs of letters, digits and inner apostrophes; each other visible character is a token.</summary>
    Simple,

    /// <summary>Split at blanks, tabs and whatever ends lines; no-break and other spaces stay inside tokens.</summary>
    Whitespace,

    /// <summary>Kim's clean_str (EMNLP 2014 code).</summary>
    Kim,

    /// <summary>Kim's clean_str_sst, for the Stanford Sentiment Treebank.</summary>
    Sst,
}

/// <summary>Lines of a label, one blank or tab, and text.</summary>
public sealed record LabelledLinesData : LabelledData
{
    /// <summary>Training file, or a list of files; patterns such as <c>part-*.txt</c> too.</summary>
    public required FilePaths Train { get; init; }

    /// <summary>Dev file or files.</summary>
    public FilePaths? Dev { get; init; }

    /// <summary>Test file or files.</summary>
    public FilePaths? Test { get; init; }

    /// <summary>A label such as <c>DESC:manner</c> is cut at this character. Absent: it is kept whole.</summary>
    public string? LabelEndsAt { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool HasDev => Dev is not null || DevFraction > 0;
}

/// <summary>One file a class, one example a line.</summary>
public sealed record FilePerClassData : LabelledData
{
    /// <summary>Training file of each label, or a pattern such as <c>pos-*.txt</c>.</summary>
    public required IReadOnlyDictionary<string, string> Train { get; init; }

    /// <summary>Dev file of each label.</summary>
    public IReadOnlyDictionary<string, string>? Dev { get; init; }

    /// <summary>Test file of each label.</summary>
    public IReadOnlyDictionary<string, string>? Test { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool HasDev => Dev is not null || DevFraction > 0;
}

/// <summary>CSV (RFC 4180 quoting), TSV and their like.</summary>
public sealed record DelimitedData : LabelledData
{
    /// <summary>Training file, or a list of files; patterns such as <c>part-*.txt</c> too.</summary>
    public required FilePaths Train { get; init; }

    /// <summary>Dev file or files.</summary>
    public FilePaths? Dev { get; init; }

    /// <summary>Test file or files.</summary>
    public FilePaths? Test { get; init; }

    /// <summary>The separator: one character, or <c>tab</c>. Absent: comma, or tab where the name ends in .tsv.</summary>
    public string? Separator { get; init; }

    /// <summary>
    /// Whether a field may stand in double quotes. False: a quote is a character as any other. Absent: true, but false where tabs separate, since such files hardly ever quote.
    /// </summary>
    public bool? Quotes { get; init; }

    /// <summary>Column names in order where the file has no header line.</summary>
    public IReadOnlyList<string>? Columns { get; init; }

    /// <summary>Column of the label.</summary>
    public string LabelColumn { get; init; } = "label";

    /// <summary>Columns of the text, joined by a blank.</summary>
    public IReadOnlyList<string> TextColumns { get; init; } = ["text"];

    /// <summary>What separates the fields of a file.</summary>
    /// <param name="path">The file's name, which decides where <see cref="Separator"/> is absent.</param>
    public string SeparatorOf(string path)
    {
        string name = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        return Separator switch
        {
            null => name.EndsWith(".tsv", StringComparison.OrdinalIgnoreCase) ? "\t" : ",",
            "tab" => "\t",
            { Length: 1 } one => one,
            _ => throw new InvalidInputException("data.separator", $"'{Separator}' is no separator.", "Give one character, or tab."),
        };
    }

    /// <summary>Whether fields of a file may stand in quotes.</summary>
    /// <param name="path">The file's name.</param>
    public bool QuotesIn(string path) => Quotes ?? SeparatorOf(path) != "\t";

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool HasDev => Dev is not null || DevFraction > 0;
}

/// <summary>A JSON object a line.</summary>
public sealed record JsonLinesData : LabelledData
{
    /// <summary>Training file, or a list of files; patterns such as <c>part-*.txt</c> too.</summary>
    public required FilePaths Train { get; init; }

    /// <summary>Dev file or files.</summary>
    public FilePaths? Dev { get; init; }

    /// <summary>Test file or files.</summary>
    public FilePaths? Test { get; init; }

    /// <summary>Name of the label's value (text, number or boolean).</summary>
    public string LabelField { get; init; } = "label";

    /// <summary>Name of the text's value (text; null is a text without characters).</summary>
    public string TextField { get; init; } = "text";

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool HasDev => Dev is not null || DevFraction > 0;
}

/// <summary>Text without labels, a sentence or paragraph a line: for cbow and skip-gram.</summary>
public sealed record PlainTextData : DataSpec
{
    /// <summary>The files, read in order; patterns such as <c>wiki-*.txt</c> too.</summary>
    public required IReadOnlyList<string> Files { get; init; }

    /// <summary>Pairs of neighbouring words that become one, such as <c>new_york</c>. Absent: none.</summary>
    public PhrasesSpec? Phrases { get; init; }

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<DataForm> Forms => [DataForm.Text];
}

/// <summary>
/// The API documentation that every .NET SDK carries: the summaries in the XML files of its targeting packs. Needs no download. Without labels it is every
/// distinct sentence; with labels, one sentence a summary, labelled with the area of .NET that its type belongs to.
/// </summary>
public sealed record DotnetDocsData : LabelledData
{
    /// <summary>Folder of the targeting packs. Absent: <c>packs</c> of the SDK that runs.</summary>
    public string? Packs { get; init; }

    /// <summary>Whether examples carry the area as label; else it is unlabelled text.</summary>
    public bool Labelled { get; init; } = true;

    /// <summary>Training sentences an area.</summary>
    public int TrainPerArea { get; init; } = 50;

    /// <summary>Dev sentences an area.</summary>
    public int DevPerArea { get; init; } = 25;

    /// <summary>Test sentences an area. No type gives sentences to both train and test.</summary>
    public int TestPerArea { get; init; } = 100;

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<DataForm> Forms => [Labelled ? DataForm.Labels : DataForm.Text];

    /// <inheritdoc/>
    [JsonIgnore]
    public override bool HasDev => Labelled;
}
