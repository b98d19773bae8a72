namespace DistEmbed.Protocol.Jobs.Settings;

/// <summary>The rules about a model's own settings.</summary>
internal static class ModelRules
{
    public static void Check(ModelSpec model, RuleErrors errors)
    {
        switch (model)
        {
            case TextCnnSpec cnn:
                if (cnn.Windows.Count == 0)
                    errors.Add("model.windows", "is empty.", "Give the widths in tokens, such as [3, 4, 5].");
                for (int i = 0; i < cnn.Windows.Count; i++)
                    errors.Between(SettingPath.Join("model.windows", i), cnn.Windows[i], 1, 64);
                errors.Distinct("model.windows", cnn.Windows);
                errors.AtLeast("model.maps", cnn.Maps, 1);
                errors.Fraction("model.dropout", cnn.Dropout);
                errors.Above("model.maxNorm", cnn.MaxNorm, 0, "Set it to null for no bound.");
                break;
            case LstmSpec lstm:
                errors.AtLeast("model.hidden", lstm.Hidden, 1);
                errors.Between("model.layers", lstm.Layers, 1, 2);
                errors.Fraction("model.dropout", lstm.Dropout);
                if (lstm is { Tied: true, Bidirectional: false })
                    errors.Add("model.tied", "means nothing for one direction.", "Leave it out, or set model.bidirectional to true.");
                break;
            case TaggerSpec tagger:
                errors.AtLeast("model.hidden", tagger.Hidden, 1);
                errors.AtLeast("model.caseDimension", tagger.CaseDimension, 0);
                errors.Fraction("model.dropout", tagger.Dropout);
                errors.Fraction("model.unknownRate", tagger.UnknownRate);
                break;
            case ParserSpec parser:
                errors.AtLeast("model.hidden", parser.Hidden, 1);
                errors.AtLeast("model.symbolDimension", parser.SymbolDimension, 1);
                errors.Fraction("model.dropout", parser.Dropout);
                break;
            case Word2VecSpec word2Vec:
                errors.Between("model.window", word2Vec.Window, 1, 100);
                errors.AtLeast("model.negatives", word2Vec.Negatives, 1);
                errors.AtLeast("model.negativeExponent", word2Vec.NegativeExponent, 0);
                errors.AtLeast("model.subsample", word2Vec.Subsample, 0);
                CheckOutput(word2Vec, errors);
                break;
            case GloVeSpec gloVe:
                errors.Between("model.window", gloVe.Window, 1, 100);
                errors.Above("model.xMax", gloVe.XMax, 0);
                errors.AtLeast("model.alpha", gloVe.Alpha, 0);
                break;
            case CustomModelSpec custom:
                CheckCustom(custom, errors);
                break;
            case TreeLstmSpec or TreeLstmPairsSpec:
                TreeRules.CheckModel(model, errors);
                break;
        }
    }

    private static void CheckOutput(Word2VecSpec model, RuleErrors errors)
    {
        var usual = new SkipGramSpec();
        if (model.Output == WordOutput.NegativeSampling)
            return;
        const string what = "means nothing with model.output hierarchical-softmax, which draws no negative samples; both at once is not supported.";
        if (model.Negatives != usual.Negatives)
            errors.Add("model.negatives", what, "Leave it out, or use output negative-sampling.");
        if (model.NegativeExponent != usual.NegativeExponent)
            errors.Add("model.negativeExponent", what, "Leave it out, or use output negative-sampling.");
    }

    private static void CheckCustom(CustomModelSpec custom, RuleErrors errors)
    {
        errors.NotBlank("model.assembly", custom.Assembly);
        if (custom.Assembly.Contains('\0', StringComparison.Ordinal))
            errors.Add("model.assembly", "has a character that no path has.", "Give the path of the .dll.");
        errors.NotBlank("model.type", custom.Type);
        errors.NoneBlank("model.groups", custom.TableGroups);
        errors.Distinct("model.groups", custom.TableGroups);
        if (custom.TableGroups is not ["embedding", ..])
            errors.Add("model.groups", "does not begin with embedding.", "Name the group of the word vectors first, then the layers from the bottom to the output.");
        if (custom.TableGroups.Contains("default"))
            errors.Add("model.groups", "has a group `default`, which under optimizers means: all others.", "Give it another name.");
        if (custom.Sha256 is { } hash && !(hash.Length == 64 && hash.All(char.IsAsciiHexDigitLower)))
            errors.Add("model.sha256", $"\"{hash}\" is no SHA-256.", "Give 64 digits, a to f in lower case, or leave it out.");
    }
}
