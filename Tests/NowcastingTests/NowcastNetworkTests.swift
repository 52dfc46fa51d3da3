import Nowcasting
import TestSupport
import Testing

@Suite struct NowcastNetworkTests {
    @Test func sizesAreThoseOfTheWeights() throws {
        for (width, slots, layers) in [(8, 9, 3), (32, 1, 2), (12, 4, 5)] {
            let network = try SampleNetwork.graph(
                SampleNetwork.graphWeights(width: width, slots: slots, layers: layers, seed: 1))
            #expect(
                network.shape
                    == NetworkShape(
                        method: .nino, width: width, slots: slots, horizons: SampleNetwork.horizons, edgeTypes: 15,
                        updates: layers - 1))
            #expect(network.wordEmbedding == nil && network.updateScale == 1)
        }
        let scalar = try SampleNetwork.scalar(SampleNetwork.scalarWeights(width: 32, seed: 1))
        #expect(scalar.shape.width == 32 && scalar.shape.horizons == SampleNetwork.horizons)
    }

    @Test(arguments: [
        "gnn.convs.9223372036854775807.x", "gnn.convs.1000000000.x", "gnn.edge_update.9223372036854775807.x",
    ])
    func layersBeyondTheNumberOfWeightsAreNone(name: String) throws {
        var weights = SampleNetwork.graphWeights(seed: 1)
        let shape = try SampleNetwork.graph(weights).shape
        weights[name] = NamedWeight(shape: [1], values: [1])
        #expect(try SampleNetwork.graph(weights).shape == shape)
    }

    @Test(arguments: [true, false])
    func everyWeightMustBeThereAndFiniteAndOfItsShape(usesGraph: Bool) throws {
        let weights = usesGraph ? SampleNetwork.graphWeights(words: 4, seed: 1) : SampleNetwork.scalarWeights(seed: 1)
        var arguments = NetworkArguments()
        arguments.usesGraph = usesGraph
        func error(_ weights: [String: NamedWeight]) -> NowcastError? {
            do {
                _ = try NowcastNetwork(weights: weights, arguments: arguments)
                return nil
            } catch {
                return error
            }
        }
        #expect(error(weights) == nil)
        for (name, weight) in weights {
            var changed = weights
            changed[name] = nil
            #expect(error(changed) == .weightMissing(name: name))
            var values = weight.values
            values[values.count - 1] = .nan
            changed[name] = NamedWeight(shape: weight.shape, values: values)
            #expect(error(changed) == .weightNotFinite(name: name))
            changed[name] = NamedWeight(shape: [1] + weight.shape, values: weight.values)
            guard case .weightShape(name, _, [1] + weight.shape) = error(changed) else {
                Issue.record("\(name) may have another shape")
                continue
            }
        }
        var missing = weights
        missing["layer_embed.weight"] = nil
        #expect(error(missing) == .weightMissing(name: "layer_embed.weight"))
    }

    @Test func argumentsThatContradictAreRefused() throws {
        let weights = SampleNetwork.graphWeights(words: 51, seed: 1)
        func load(_ json: String) throws -> NowcastNetwork {
            try NowcastNetwork(weights: weights, arguments: NetworkArguments(json: json))
        }
        _ = try load("{}")
        _ = try load(
            #"{"hid": 8, "layers": 3, "max_feat_size": 9, "seq_len": 6, "vocab": 50, "lpe": 8, "ctx": 5, "#
                + #""scale_method": "std", "other": [1]}"#
        )
        for (json, name, found) in [
            (#"{"scale_method": "minmax"}"#, "scale_method", "minmax"), (#"{"hid": 128}"#, "hid", "128"),
            (#"{"layers": 2}"#, "layers", "2"),
            (#"{"max_feat_size": 1}"#, "max_feat_size", "1"), (#"{"seq_len": 40}"#, "seq_len", "40"),
            (#"{"vocab": 51}"#, "vocab", "51"),
            (#"{"ctx": 3}"#, "ctx", "3"), (#"{"lpe": 4}"#, "lpe", "4"), (#"{"edge_types": 14}"#, "edge_types", "14"),
        ] {
            do {
                _ = try load(json)
                Issue.record("\(json) was accepted")
            } catch NowcastError.argument(let key, _, let value) {
                #expect(key == name && value == found)
            }
        }
        for json in ["", "[]", #"{"hid": "wide"}"#] {
            #expect(throws: NowcastError.argumentsUnreadable(found: json)) { try load(json) }
        }
    }
}
